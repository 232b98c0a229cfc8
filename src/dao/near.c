/* The kinds of objects that the hall keeps near. A record of a list is not kept alone: it would keep the whole list. */
#include "dao/near.h"

#include "models/record.h"

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

static const weir__near_kind records = { retain_record, release_record };
static const weir__near_kind lists = { weir__list_memory_retain, release_list };

weir__near_question weir__near_question_of(const weir__call *call, const weir__layout *layout, weir__entry_kind kind,
                                           weir_bytes key)
{
	return (weir__near_question){
		.space = call->entity->space,
		.tag = layout->model,
		.kind = kind,
		.key = key,
		.fresh_ms = call->fresh_ms,
	};
}

bool weir__near_record(const weir__near_question *question, const void **record, int *rc)
{
	weir__near_value value;

	if (!weir__near_ask(question, &value))
		return false;
	*rc = value.absent ? WEIR_NOT_FOUND : WEIR_OK;
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
	return true;
}

bool weir__near_number(const weir__near_question *question, int64_t *number)
{
	weir__near_value value;

	if (!weir__near_ask(question, &value))
		return false;
	*number = value.number;
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
