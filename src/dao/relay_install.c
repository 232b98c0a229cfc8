/* Triggers on the tables of models, for writes that are not the library's. */
#include <weir/relay.h>

#include "base/error.h"
#include "base/memory.h"
#include "cache/replay.h"
#include "dao/session.h"
#include "db/triggers.h"

#include <string.h>

typedef struct installing {
	weir_session *session;
	weir__buffer  schema;
	weir__buffer  sql;
	weir_error   *err;
	bool          removes;
} installing;

/* Names as they stand in keys. The text is one allocation; table->columns points into it. */
static int name_parts(const weir__layout *layout, weir__buffer *text, const char **names, weir_error *err)
{
	size_t offsets[WEIR__COLUMNS_MAX + 2];

	for (size_t i = 0; i < layout->column_count + 2; i++) {
		const char *name = i == 0 ? layout->base->name : i == 1 ? layout->base->table : layout->columns[i - 2].name;

		offsets[i] = text->length;
		weir__key_part(text, name, strlen(name));
		weir__buffer_append_char(text, '\0');
	}
	if (text->failed)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < layout->column_count + 2; i++)
		names[i] = text->data + offsets[i];
	return WEIR_OK;
}

static int add_table(installing *in, const weir__entity *entity)
{
	const char   *names[WEIR__COLUMNS_MAX + 2];
	weir__buffer  text = WEIR__BUFFER_INIT;
	weir__watched table = { .statements = entity->statements,
		                    .stamped = entity->stamped_mask,
		                    .prefix = weir__cache_prefix(in->session->engine->cache),
		                    .schema = weir__buffer_text(&in->schema) };
	int rc = table.schema ? name_parts(entity->layout, &text, names, in->err) : weir__error_no_memory(in->err);

	if (rc >= 0) {
		/* NOLINTBEGIN(clang-analyzer-core.uninitialized.Assign): there are two names besides those of columns */
		table.record = names[0];
		table.plural = names[1];
		/* NOLINTEND(clang-analyzer-core.uninitialized.Assign) */
		table.columns = names + 2;
		weir__triggers_drop(&table, &in->sql);
		if (!in->removes)
			weir__triggers_create(&table, &in->sql);
	}
	weir__buffer_release(&text);
	return rc;
}

/* One table may have several models, derived from each other. */
static bool is_first_of_table(const weir__registry *registry, const weir__entity *entity)
{
	const weir__entity *first = registry->items;

	while (first->layout->base != entity->layout->base)
		first++;
	return first == entity;
}

static int fits(installing *in, const weir__entity *entity, bool *fit)
{
	weir__deadline deadline = weir__session_deadline(in->session, 0);
	weir__conn    *conn = NULL;
	int            rc = weir__session_acquire(in->session, deadline, &conn, in->err);

	if (rc < 0)
		return rc;
	rc = weir__triggers_fit(conn, entity->statements, deadline, fit, in->err);
	weir__session_give_back(in->session, &conn);
	return rc;
}

/* All that can have triggers. What is written below a view is not seen. */
static int add_all(installing *in)
{
	const weir__engine *engine = in->session->engine;
	int                 rc = WEIR_OK;

	for (size_t i = 0; rc >= 0 && i < engine->registry.count; i++) {
		const weir__entity *entity = &engine->registry.items[i];
		bool                fit = false;

		if (!is_first_of_table(&engine->registry, entity))
			continue;
		rc = fits(in, entity, &fit);
		if (rc >= 0 && fit)
			rc = add_table(in, entity);
		else if (rc >= 0 && !in->removes)
			weir__log(&engine->logger, WEIR_LOG_WARNING,
			          "relay: %s is on a view or a foreign table: what others write there is not seen",
			          entity->layout->base->name);
	}
	return rc;
}

static int add_named(installing *in, const weir_model *model)
{
	const weir__entity *entity = weir__registry_find(&in->session->engine->registry, model);
	bool                fit = false;
	int                 rc;

	if (!entity)
		return weir__error_set_at(in->err, WEIR_ERR_USAGE, model->name, NULL,
		                          "the session was opened without this model");
	rc = fits(in, entity, &fit);
	if (rc < 0)
		return rc;
	return fit ? add_table(in, entity)
	           : weir__error_set_at(in->err, WEIR_ERR_USAGE, model->name, NULL,
	                                "it is on a view or a foreign table, which cannot have these triggers");
}

static int add_tables(installing *in, const weir_model *const *models)
{
	int rc = models ? WEIR_OK : add_all(in);

	for (size_t i = 0; rc >= 0 && models && models[i]; i++)
		rc = add_named(in, models[i]);
	return rc;
}

static int find_outbox(installing *in)
{
	weir__deadline deadline = weir__session_deadline(in->session, 0);
	weir__conn    *conn = NULL;
	int            rc = weir__session_acquire(in->session, deadline, &conn, in->err);

	if (rc < 0)
		return rc;
	rc = weir__outbox_schema(conn, deadline, &in->schema, in->err);
	weir__session_give_back(in->session, &conn);
	return rc;
}

static int install(weir_session *session, const weir_model *const *models, bool removes, weir_error *err)
{
	installing  in = { .session = session, .err = err, .removes = removes };
	const char *sql;
	int         rc = weir__session_check(session, err);

	if (rc >= 0)
		rc = find_outbox(&in);
	if (rc >= 0 && !removes)
		weir__triggers_common(weir__buffer_text(&in.schema), &in.sql);
	if (rc >= 0)
		rc = add_tables(&in, models);
	if (rc >= 0) {
		sql = weir__buffer_text(&in.sql);
		rc = sql ? weir_run_script(session, sql, err) : weir__error_no_memory(err);
	}
	weir__buffer_release(&in.schema);
	weir__buffer_release(&in.sql);
	return rc;
}

int weir_relay_install(weir_session *session, const weir_model *const *models, weir_error *err)
{
	return install(session, models, false, err);
}

int weir_relay_uninstall(weir_session *session, const weir_model *const *models, weir_error *err)
{
	return install(session, models, true, err);
}
