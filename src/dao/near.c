/* The kinds of objects that the hall keeps near. A record of a list is not kept alone: it would keep the whole list. */
#include "dao/near.h"

#include "models/record.h"

#include <assert.h>
#include <string.h>

static void retain_record(void *record)
{
	weir_record_retain(record);
}

static void release_record(void *record)
{
	(void)weir_record_release(record);
}

static void release_list(void *memory)
{
	weir_list list = { .memory = memory };

	weir_list_release(&list);
}

static void *room_of_record(const void *record)
{
	return weir__record_room(record);
}

static_assert(WEIR__RECORD_ROOM == WEIR__NEAR_ROOM, "a record's room is that of an entry");

static const weir__near_kind records = { retain_record, release_record, room_of_record };
static const weir__near_kind lists = { weir__list_memory_retain, release_list, NULL };

static inline int64_t number_of(const weir__entity *entity, const void *key)
{
	const char *at = (const char *)key + entity->number_offset;
	int64_t     large;
	int32_t     middle;
	int16_t     small;

	if (entity->number_size == sizeof large) {
		memcpy(&large, at, sizeof large);
		return large;
	}
	if (entity->number_size == sizeof middle) {
		memcpy(&middle, at, sizeof middle);
		return middle;
	}
	memcpy(&small, at, sizeof small);
	return small;
}

bool weir__near_question_number(const weir__entity *entity, const void *key, weir__near_question *question)
{
	if (entity->number_size == 0 || entity->per_principal)
		return false;
	question->has_number = true;
	question->number = number_of(entity, key);
	return true;
}

weir__near_question weir__near_question_of(const weir__call *call, const weir__layout *layout, weir__entry_kind kind,
                                           weir_bytes key)
{
	return (weir__near_question){
		.space = call->entity->space,
		.tag = layout->model,
		.kind = kind,
		.key = key,
		.fresh_ms = call->fresh_ms,
		.span = call->span ? &call->span->span : NULL,
	};
}

bool weir__near_by_id(const weir_base_dao *dao, const void *key, void *record, int *rc)
{
	const weir__entity *entity = dao ? dao->entity : NULL;
	weir__near_value    value;

	if (!entity || entity->number_size == 0 || entity->per_principal || !key || !record ||
	    !weir__near_is_plain(dao->session) || !weir__record_out_is_empty(record))
		return false;
	if (!weir__near_ask_number(entity->space, entity->model, number_of(entity, key),
	                           dao->fresh_ms ? dao->fresh_ms : dao->session->fresh_ms, &value))
		return false;
	*rc = value.absent ? WEIR_NOT_FOUND : WEIR_OK;
	if (!value.absent)
		weir__record_out_set(record, value.object);
	return true;
}

static void note(const weir__near_question *question, const weir__near_value *value, int64_t rows)
{
	if (!question->span)
		return;
	question->span->cache = value->absent ? WEIR_SPAN_ABSENT : WEIR_SPAN_HIT;
	question->span->rows = value->absent ? 0 : rows;
}

bool weir__near_record(const weir__near_question *question, const void **record, int *rc)
{
	weir__near_value value;

	if (!weir__near_ask(question, &value))
		return false;
	*rc = value.absent ? WEIR_NOT_FOUND : WEIR_OK;
	note(question, &value, 1);
	if (!value.absent)
		*record = value.object;
	return true;
}

bool weir__near_list(const weir__near_question *question, weir_list *list)
{
	weir__near_value value;

	if (!weir__near_ask(question, &value))
		return false;
	*list = (weir_list)WEIR_LIST_INIT;
	if (value.kind)
		weir__list_of_memory(value.object, list);
	note(question, &value, (int64_t)list->count);
	return true;
}

bool weir__near_number(const weir__near_question *question, int64_t *number)
{
	weir__near_value value;

	if (!weir__near_ask(question, &value))
		return false;
	*number = value.number;
	note(question, &value, 1);
	return true;
}

void weir__near_keep_record(const weir__near_question *question, const weir__layout *layout, const weir__lookup *lookup,
                            const void *record)
{
	weir__near_value value = { .absent = !record };

	if (lookup->near_ticket.count == 0 || (record && !weir__record_is_alone(record)))
		return;
	if (record) {
		value.kind = &records;
		value.object = (void *)(uintptr_t)record;
	}
	weir__near_keep(question, lookup, &value, record ? weir__record_bytes(layout, record) : 0, 1);
}

void weir__near_keep_list(const weir__near_question *question, const weir__layout *layout, const weir__lookup *lookup,
                          const weir_list *list)
{
	weir__near_value value = { .kind = list->memory ? &lists : NULL, .object = list->memory };

	if (lookup->near_ticket.count > 0)
		weir__near_keep(question, lookup, &value, weir__list_bytes(layout, list), list->count);
}

void weir__near_keep_number(const weir__near_question *question, const weir__lookup *lookup, int64_t number)
{
	weir__near_keep(question, lookup, &(weir__near_value){ .number = number }, 0, 1);
}
