/* Renewals: see renewal.h. */
#include "dao/renewal.h"

#include "dao/keys.h"

static bool may_be(const weir__call *call, weir__mask changed)
{
	const weir__layout *layout = call->entity->layout;

	return !call->session->transaction && !call->entity->per_principal && !layout->deleted_mask &&
	       !(changed & (layout->key_mask | layout->unique_mask)) && weir__near_is_on(call->entity->space);
}

void weir__renewal_prepare(const weir__call *call, const void *key, weir__mask changed, weir__renewal *renewal)
{
	const weir__entity *entity = call->entity;
	weir__lookup       *lookup = &renewal->lookup;

	renewal->wanted = false;
	renewal->record = NULL;
	renewal->key = (weir__buffer)WEIR__BUFFER_INIT;
	if (!may_be(call, changed))
		return;
	weir__key_of_record(entity, key, &renewal->key);
	if (renewal->key.failed)
		return;
	*lookup = (weir__lookup){ .kind = WEIR__ENTRY_RECORD, .key = { renewal->key.data, renewal->key.length } };
	renewal->question = weir__near_question_of(call, entity->layout, lookup->kind, lookup->key);
	(void)weir__near_question_number(entity, key, &renewal->question);
	weir__cache_enter(entity->space, lookup);
	renewal->wanted = weir__near_has(&renewal->question);
}

void weir__renewal_begin(const weir__call *call, weir__renewal *renewal)
{
	renewal->wanted = renewal->wanted && call->entity->layout->is_last;
	if (renewal->wanted)
		weir__near_renew_begin(call->entity->space, &renewal->lookup, &renewal->near);
}

void weir__renewal_end(const weir__call *call, const weir__touches *touches, weir__renewal *renewal, const void *record)
{
	if (renewal->wanted && record &&
	    weir__near_renew_end(call->entity->space, touches, &renewal->near, &renewal->lookup))
		weir__near_keep_record(&renewal->question, call->entity->layout, &renewal->lookup, record);
	renewal->wanted = false;
}

void weir__renewal_release(weir__renewal *renewal)
{
	weir_record_release(renewal->record);
	weir__buffer_release(&renewal->key);
}
