/* The memory of records and lists.
 *
 *   record:  | header | struct | texts ...                                  one allocation
 *            | room | header | struct | texts ...                           the same where the layout has_room
 *   list:    | memory | items (pointers) | header struct | header struct ... | texts ... |   one allocation
 *
 * A header stands directly before each struct. A record alone counts its own references; a record of a list refers to
 * the list's memory, whose count all of them share. Whoever makes a record fills struct and texts before anybody else
 * sees it; from then on it never changes. */
#ifndef WEIR_MODELS_RECORD_H
#define WEIR_MODELS_RECORD_H

#include <weir/record.h>

#include "models/layout.h"

#include <string.h>

/* Room for one record of the layout and text_size bytes of texts; *text is where they start (a cursor for the
 * maker). The struct is zeroed. One reference. NULL when out of memory. */
void *weir__record_create(const weir__layout *layout, size_t text_size, char **text);

/* Bytes in front of a record that are for who keeps it and for nobody else: what he notes there is fetched with the record, and the
 * header behind it begins a cache line. Zeroed when the record is made; as old as the record. */
#define WEIR__RECORD_ROOM 96

/* NULL: it has none. */
void *weir__record_room(const void *record);

/* Room for count records and text_size bytes of texts for all of them; every item points to its zeroed struct.
 * Writes to *list, which weir_list_release gives back. WEIR_OK or WEIR_ERR_NO_MEMORY. */
int weir__list_create(const weir__layout *layout, size_t count, size_t text_size, weir_list *list, char **text);

/* A list of count empty (NULL) items that can hold references to records made elsewhere (get_many from several
 * sources): each set item is released with the list. */
int  weir__list_create_of(const weir_model *model, size_t count, weir_list *list);
void weir__list_set(weir_list *list, size_t index, const void *record); /* takes over the caller's reference */

/* Gives a list that others may have too (the near cache keeps what it has given out) a memory of its own, with the same records, so
 * that it can be changed. False: out of memory, and it is as it was. */
bool weir__list_unshare(weir_list *list);

/* Hands something over to a list that is not empty: released by `release` with the list's memory. Before anybody else sees
 * the list. attached gives it back, NULL where there is none. */
void  weir__list_attach(weir_list *list, void *attached, void (*release)(void *attached));
void *weir__list_attached(const weir_list *list);

/* Bytes that a record or a list takes, its texts included. */
size_t weir__record_bytes(const weir__layout *layout, const void *record);
size_t weir__list_bytes(const weir__layout *layout, const weir_list *list);

/* Has the record an allocation of its own? Else it is one of a list. */
bool weir__record_is_alone(const void *record);

/* One more reference to a list's memory, and the list that it is the memory of. */
void weir__list_memory_retain(void *memory);
void weir__list_of_memory(void *memory, weir_list *list);

/* Reads a typed list or record out parameter, and stores one: the address of any `const <model> *` or `<model>_list`. These are all
 * alike but not the same to the compiler: they are copied as bytes. */
static inline bool weir__record_out_is_empty(const void *out)
{
	const void *record;

	memcpy(&record, out, sizeof record);
	return !record;
}

static inline void weir__record_out_set(void *out, const void *record)
{
	memcpy(out, &record, sizeof record);
}

bool weir__list_out_is_empty(const void *out);
void weir__list_out_set(void *out, const weir_list *list);

/* Leaves count items, in reverse order if wanted; memory stays as it is. Before anybody else sees the list. */
void weir__list_keep(weir_list *list, size_t count, bool reversed);

/* The model of a list made above, NULL for an empty list without memory. */
const weir_model *weir__list_model(const weir_list *list);

#endif
