/* Gathering reads by id: see gather.h. */
#include "dao/gather.h"

#include "base/combiner.h"
#include "base/error.h"
#include "base/memory.h"

#define STATEMENTS 2  /* under way at a time */
#define ROWS_MOST  64 /* asked for by one */

struct weir__gather {
	weir__combiner combiner;
};

/* A row that a caller waits for. */
typedef struct row_want {
	weir__want  want;
	weir_value  id;
	const void *record; /* NULL: there is none */
} row_want;

int weir__gather_create(const weir__entity *entity, weir__gather **gather, weir_error *err)
{
	weir__gather *made;

	*gather = NULL;
	if (!entity->layout->base->gathers)
		return WEIR_OK;
	if (entity->number_size == 0)
		return weir__error_set_at(err, WEIR_ERR_MODEL, entity->model->name, NULL,
		                          "only reads by a primary key of one integer can be gathered");
	made = weir__calloc(1, sizeof *made);
	if (made && weir__combiner_init(&made->combiner, STATEMENTS, ROWS_MOST)) {
		*gather = made;
		return WEIR_OK;
	}
	weir__free(made);
	return weir__error_no_memory(err);
}

void weir__gather_free(weir__gather *gather)
{
	if (!gather)
		return;
	weir__combiner_release(&gather->combiner);
	weir__free(gather);
}

size_t weir__gather_waiting(weir__gather *gather)
{
	return weir__combiner_waiting(&gather->combiner);
}

bool weir__gather_takes(const weir__call *call)
{
	const weir_session *session = call->session;

	return call->entity->gather && !session->transaction && !session->cancel && !session->principal;
}

/* ---- One batch ----------------------------------------------------------------------------------------------------- */

static void row_discard(weir__want *want, bool has_result)
{
	row_want *row = (row_want *)(void *)want;

	if (has_result)
		weir_record_release(row->record);
	weir__want_release(want);
	weir__free(row);
}

static row_want *next_of(const row_want *row)
{
	return (row_want *)(void *)row->want.next;
}

static weir_value nth_id(const void *context, size_t i)
{
	const weir_value *ids = context;

	return ids[i];
}

/* Gives a row that was read to all that wait for it. */
static void hand_out(const weir__layout *layout, row_want *batch, const void *record)
{
	int64_t id = weir__layout_get(layout, layout->key[0], record).as.integer;

	for (row_want *row = batch; row; row = next_of(row))
		if (row->id.as.integer == id && !row->record) {
			weir_record_retain(record);
			row->record = record;
		}
}

static int read_batch(weir__call *call, row_want *batch)
{
	const weir__layout *layout = call->entity->layout;
	weir__rows          rows = WEIR__ROWS_INIT;
	weir_value          ids[ROWS_MOST];
	size_t              count = 0;
	int                 rc;

	for (const row_want *row = batch; row; row = next_of(row))
		ids[count++] = row->id;
	weir__params_clear(call->params);
	weir__params_add_array(call->params, layout->columns[layout->key[0]].type, count, nth_id, ids);
	rc = weir__call_read(call, weir__sql_get_many(call->entity->statements), &rows);
	for (size_t i = 0; rc >= 0 && i < rows.count; i++) {
		const void *record = NULL;

		rc = weir__rows_record(&rows, i, layout, &record, call->err);
		if (rc >= 0)
			hand_out(layout, batch, record);
		weir_record_release(record);
	}
	weir__rows_release(&rows);
	return rc;
}

static void lead(weir__call *call, row_want *leader)
{
	int rc = read_batch(call, leader);

	weir__combiner_leave(&call->entity->gather->combiner);
	for (row_want *row = leader, *next; row; row = next) {
		next = next_of(row);
		if (rc < 0) {
			weir_record_release(row->record);
			row->record = NULL;
		}
		weir__want_settle(&row->want, rc >= 0);
	}
	weir__batch_wake(&leader->want);
}

/* ---- One caller ---------------------------------------------------------------------------------------------------- */

static int timed_out(const weir__call *call)
{
	return weir__error_set(call->err, WEIR_ERR_TIMEOUT,
	                       "the deadline passed while other reads of the model were under way");
}

/* Waits for what others ask. WEIR__WANT_FAILED: the caller is to ask by itself. */
static weir__want_state read_with_others(weir__call *call, row_want *row, const void **record)
{
	weir__want_state state = weir__combiner_wait(&call->entity->gather->combiner, &row->want, call->deadline);

	if (state == WEIR__WANT_WAITS)
		return state;
	if (state == WEIR__WANT_LEADS) {
		lead(call, row);
		state = weir__want_state_of(&row->want);
	}
	if (state == WEIR__WANT_DONE)
		*record = row->record;
	weir__want_end(&row->want);
	return state;
}

int weir__gather_read(weir__call *call, const void *key, const void **record,
                      int (*alone)(weir__call *call, const void *key, const void **record))
{
	const weir__layout *layout = call->entity->layout;
	weir__combiner     *combiner = &call->entity->gather->combiner;
	row_want           *row;
	int                 rc;

	if (weir__combiner_enter(combiner, NULL)) {
		rc = alone(call, key, record);
		weir__combiner_leave(combiner);
		return rc;
	}
	row = weir__calloc(1, sizeof *row);
	if (!row)
		return weir__error_no_memory(call->err);
	weir__want_init(&row->want, 1, row_discard);
	row->id = weir__layout_get(layout, layout->key[0], key);
	if (weir__combiner_enter(combiner, &row->want)) {
		row_discard(&row->want, false);
		rc = alone(call, key, record);
		weir__combiner_leave(combiner);
		return rc;
	}
	switch (read_with_others(call, row, record)) {
	case WEIR__WANT_WAITS:
		return timed_out(call);
	case WEIR__WANT_DONE:
		return *record ? WEIR_OK : WEIR_NOT_FOUND;
	case WEIR__WANT_LEADS:
	case WEIR__WANT_FAILED:
	default:
		return alone(call, key, record);
	}
}
