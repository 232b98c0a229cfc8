/* Making a layout: first every field is checked, then everything is laid out in one allocation:
 *
 *   | weir__layout | columns | json prefixes | by_offset | */
#include "models/layout.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "models/value_type.h"

#include <string.h>

#define NAME_MAX_BYTES   63 /* PostgreSQL cuts longer identifiers */
#define NO_COLUMN        0xff
#define DERIVED_MAX      16 /* models above one another */
#define BLOCK            16 /* what lies behind the last prefix, to be read with it */
#define FINGERPRINT_SEED UINT64_C(0x776569722d726563)

static int wrong_model(const weir_model *model, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL, "%s", what);
}

static int wrong_field(const weir_model *model, const weir_field *field, weir_error *err, const char *what)
{
	return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, field->name, "%s", what);
}

static const char *column_name(const weir_field *field)
{
	return field->column && !field->aggregate ? field->column : field->name;
}

static bool is_name(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	return length > 0 && length <= NAME_MAX_BYTES && weir__utf8_is_valid(name, length);
}

/* The type of a column: that of the member, or what its options make of a text. */
static weir_type type_of(const weir_field *field)
{
	bool      is_array = weir__type_is_array(field->type);
	weir_type item = weir__type_item(field->type);

	if (field->padded)
		item = WEIR_TYPE_CHAR;
	else if (field->labels)
		item = WEIR_TYPE_ENUM;
	return is_array ? weir__type_array_of(item) : item;
}

static bool can_be_null(const weir_field *field)
{
	return field->optional || weir__value_type_of(field->type)->opt_size == 0;
}

static size_t member_size(const weir_field *field)
{
	const weir__value_type *type = weir__value_type_of(field->type);

	return field->optional ? type->opt_size : type->size;
}

const weir_model *weir__layout_base(const weir_model *model)
{
	for (int above = 0; model->parent && above < DERIVED_MAX; above++)
		model = model->parent;
	return model;
}

bool weir__layout_is_of(const weir__layout *layout, const weir_model *model)
{
	const weir_model *at = layout->model;

	for (int above = 0; at && at != model && above < DERIVED_MAX; above++)
		at = at->parent;
	return at && at == model;
}

static int check_derived(const weir_model *model, weir_error *err)
{
	if (!model->parent)
		return WEIR_OK;
	if (weir__layout_base(model)->parent)
		return wrong_model(model, err, "is derived in a circle, or through more than 16 models");
	if (model->fields || model->table || model->schema)
		return wrong_model(model, err, "is derived: fields and table are those of its parent");
	if (model->size < weir__layout_base(model)->size)
		return wrong_model(model, err, "is derived, but its struct is smaller than that of its parent");
	return WEIR_OK;
}

/* What only a model with a table has. */
static int check_table(const weir_model *model, weir_error *err)
{
	size_t keys = 0;

	if (!is_name(model->table))
		return wrong_model(model, err, "the table's name must be UTF-8 of 1 to 63 bytes");
	if (model->schema && !is_name(model->schema))
		return wrong_model(model, err, "the schema's name must be UTF-8 of 1 to 63 bytes");
	for (size_t i = 0; i < model->field_count; i++)
		keys += model->fields[i].primary_key;
	return keys > 0 ? WEIR_OK : wrong_model(model, err, "has no primary key");
}

static int check_model(const weir_model *model, weir_error *err)
{
	if (!is_name(model->name))
		return weir__error_set(err, WEIR_ERR_MODEL, "a model's name must be UTF-8 of 1 to 63 bytes");
	if (model->field_size != sizeof(weir_field))
		return wrong_model(model, err, "compiled against another version of the library (field_size differs)");
	if (!model->fields || model->field_count == 0)
		return wrong_model(model, err, "has no fields");
	if (model->field_count > WEIR__COLUMNS_MAX)
		return wrong_model(model, err, "has more than 64 columns");
	return WEIR_OK;
}

static int check_names(const weir_model *model, size_t index, weir_error *err)
{
	const weir_field *field = &model->fields[index];

	if (!is_name(field->name))
		return weir__error_set_at(err, WEIR_ERR_MODEL, model->name, NULL,
		                          "the name of field %zu must be UTF-8 of 1 to 63 bytes", index);
	if (!is_name(column_name(field)))
		return wrong_field(model, field, err, "the column's name must be UTF-8 of 1 to 63 bytes");
	for (size_t i = 0; i < index; i++) {
		if (strcmp(field->name, model->fields[i].name) == 0)
			return wrong_field(model, field, err, "is declared twice");
		if (strcmp(column_name(field), column_name(&model->fields[i])) == 0)
			return wrong_field(model, field, err, "another field has the same column");
	}
	return WEIR_OK;
}

static int check_place(const weir_model *model, const weir_field *field, weir_error *err)
{
	size_t size = member_size(field);

	if (size > model->size || field->offset > model->size - size)
		return wrong_field(model, field, err, "lies beyond the end of the struct");
	if (field->offset % weir__value_type_of(field->type)->align != 0)
		return wrong_field(model, field, err, "is not aligned as its type must be");
	return WEIR_OK;
}

static int check_text_options(const weir_model *model, const weir_field *field, weir_error *err)
{
	bool is_text = weir__type_item(field->type) == WEIR_TYPE_TEXT;

	if (field->max_length && !is_text)
		return wrong_field(model, field, err, "has a .max_length, which only a text column can have");
	if ((field->padded || field->labels) && !is_text)
		return wrong_field(model, field, err, "is .padded or has .labels, which only a text column can be");
	if (field->labels && (field->padded || field->max_length))
		return wrong_field(model, field, err, "has .labels, an enum's, and cannot be .padded or have a .max_length");
	return WEIR_OK;
}

static int check_type(const weir_model *model, const weir_field *field, weir_error *err)
{
	const weir__value_type *type = weir__value_type_of(field->type);

	if (!type)
		return wrong_field(model, field, err, "has no type of a column");
	if (field->optional && type->opt_size == 0)
		return wrong_field(model, field, err, "is optional, which a member of this type cannot be");
	if (field->nullable && !can_be_null(field))
		return wrong_field(model, field, err, "is .nullable, but its member cannot hold NULL: use a weir_opt_ type");
	if (field->unique && !type->unique)
		return wrong_field(model, field, err, "is .unique, which a column of this type cannot be");
	if (field->auto_now && field->type != WEIR_TYPE_TIMESTAMPTZ)
		return wrong_field(model, field, err, "is .auto_now, which only a timestamptz column can be");
	if (field->version && (field->primary_key || field->optional || !weir__type_is_integer(field->type)))
		return wrong_field(model, field, err,
		                   "is .version, which only an int2, int4 or int8 that is not nullable can be");
	if (field->primary_key && !type->key)
		return wrong_field(model, field, err, "is of a type that cannot be part of a primary key");
	if (field->primary_key && (field->nullable || field->optional))
		return wrong_field(model, field, err, "is part of the primary key and must not be nullable");
	return check_text_options(model, field, err);
}

static int check_deleted_at(const weir_model *model, const weir_field *field, weir_error *err)
{
	if (!field->deleted_at || (field->type == WEIR_TYPE_TIMESTAMPTZ && field->optional && !field->auto_now))
		return WEIR_OK;
	return wrong_field(model, field, err,
	                   "is .deleted_at, which only a timestamptz that can be NULL can be: weir_opt_time");
}

/* What only a result has. */
static int check_aggregate(const weir_model *model, const weir_field *field, weir_error *err)
{
	if ((unsigned)field->aggregate > WEIR_MAX || (field->aggregate > WEIR_COUNT && !field->column))
		return wrong_field(model, field, err, "is an .aggregate that there is not, or of no .column");
	if (field->aggregate && (model->table || model->parent))
		return wrong_field(model, field, err, "is an .aggregate, which only a result can have");
	return WEIR_OK;
}

static int check_fields(const weir_model *model, weir_error *err)
{
	size_t key_count = 0, version_count = 0, deleted_count = 0;
	int    status = WEIR_OK;

	for (size_t i = 0; i < model->field_count && status == WEIR_OK; i++) {
		const weir_field *field = &model->fields[i];
		status = check_names(model, i, err);
		if (status == WEIR_OK)
			status = check_type(model, field, err);
		if (status == WEIR_OK)
			status = check_aggregate(model, field, err);
		if (status == WEIR_OK)
			status = check_deleted_at(model, field, err);
		if (status == WEIR_OK)
			status = check_place(model, field, err);
		key_count += field->primary_key;
		version_count += field->version;
		deleted_count += field->deleted_at;
	}
	if (status != WEIR_OK)
		return status;
	if (version_count > 1)
		return wrong_model(model, err, "has more than one .version");
	if (deleted_count > 1)
		return wrong_model(model, err, "has more than one .deleted_at");
	if (key_count > WEIR__KEY_COLUMNS_MAX)
		return wrong_model(model, err, "has more than 8 columns in its primary key");
	return WEIR_OK;
}

/* Appends the name as JSON writes it between its quotes: the shortest escapes, other characters as they are. */
static void append_escaped(weir__buffer *buffer, const char *name)
{
	static const char special[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";

	for (; *name; name++) {
		const char *found = strchr(special, *name);
		if (found) {
			weir__buffer_append_char(buffer, '\\');
			weir__buffer_append_char(buffer, letters[found - special]);
		} else if ((unsigned char)*name < 0x20) {
			weir__buffer_appendf(buffer, "\\u%04x", (unsigned)*name);
		} else {
			weir__buffer_append_char(buffer, *name);
		}
	}
}

/* Appends all prefixes, each ended by a NUL. */
static void append_prefixes(const weir_model *model, weir__buffer *prefixes)
{
	for (size_t i = 0; i < model->field_count; i++) {
		weir__buffer_append_text(prefixes, i == 0 ? "{\"" : ",\"");
		append_escaped(prefixes, column_name(&model->fields[i]));
		weir__buffer_append(prefixes, "\":", sizeof "\":");
	}
}

static void append_name(weir__buffer *canonical, const char *name)
{
	weir__buffer_appendf(canonical, "%zu:%s ", strlen(name), name);
}

/* The text whose hash is the fingerprint. Names stand with their lengths, so that no two models have the same text. */
static void append_canonical(const weir_model *model, weir__buffer *canonical)
{
	weir__buffer_appendf(canonical, "weir record %d ", WEIR__RECORD_FORMAT);
	append_name(canonical, model->schema ? model->schema : "");
	append_name(canonical, model->table ? model->table : "");
	for (size_t i = 0; i < model->field_count; i++) {
		const weir_field *field = &model->fields[i];
		append_name(canonical, column_name(field));
		append_name(canonical, weir_type_name(type_of(field)));
		weir__buffer_appendf(canonical, "%d%d ", field->nullable || field->optional, field->primary_key);
		if (field->deleted_at)
			weir__buffer_append_text(canonical, "deleted ");
		if (field->aggregate) {
			weir__buffer_appendf(canonical, "a%d ", (int)field->aggregate);
			append_name(canonical, field->column ? field->column : "");
		}
	}
}

static void fill_column(weir__column *column, const weir_field *field)
{
	*column = (weir__column){
		.member = field->name,
		.name = column_name(field),
		.name_length = strlen(column_name(field)),
		.offset = field->offset,
		.value_at = field->optional ? weir__value_type_of(type_of(field))->opt_at : 0,
		.type = type_of(field),
		.optional = field->optional,
		.nullable = field->nullable || field->optional,
		.primary_key = field->primary_key,
		.generated = field->generated,
		.unique = field->unique,
		.auto_now = field->auto_now,
		.stamped = field->stamped,
		.version = field->version,
		.deleted_at = field->deleted_at,
		.source = field->column,
		.aggregate = field->aggregate,
		.max_length = field->max_length,
		.labels = field->labels,
	};
}

weir__column weir__layout_item(weir_type item)
{
	const weir__value_type *type = weir__value_type_of(item);

	return (weir__column){ .type = item, .optional = type->opt_size > 0, .nullable = true, .value_at = type->opt_at };
}

static void fill_sets(weir__layout *layout)
{
	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		weir__mask          bit = (weir__mask)1 << i;
		if (column->primary_key) {
			layout->key[layout->key_count++] = (uint8_t)i;
			layout->key_mask |= bit;
		}
		if (column->generated)
			layout->generated_mask |= bit;
		if (column->auto_now)
			layout->auto_now_mask |= bit;
		if (column->version)
			layout->version_mask |= bit;
		if (column->deleted_at)
			layout->deleted_mask |= bit;
		if (column->unique)
			layout->unique_mask |= bit;
		if (weir__type_is_pointer(column->type))
			layout->pointer_mask |= bit;
		if (weir__type_is_array(column->type) &&
		    weir__item_size(weir__type_item(column->type)) > layout->json_item_size)
			layout->json_item_size = weir__item_size(weir__type_item(column->type));
	}
}

static void fill_prefixes(weir__layout *layout, const char *prefixes)
{
	layout->json_fixed = 1; /* the } at the end */
	for (size_t i = 0; i < layout->column_count; i++) {
		weir__column *column = &layout->columns[i];
		column->json_prefix = prefixes;
		column->json_prefix_length = strlen(prefixes);
		layout->json_fixed += column->json_prefix_length;
		prefixes += column->json_prefix_length + 1;
	}
}

/* Notes every byte of every member, which finds members that overlap, then leaves only where each starts. */
static int fill_offsets(weir__layout *layout, const weir_model *model, weir_error *err)
{
	memset(layout->by_offset, NO_COLUMN, model->size);
	for (size_t i = 0; i < model->field_count; i++) {
		uint8_t *at = layout->by_offset + model->fields[i].offset;
		for (size_t size = member_size(&model->fields[i]); size > 0; size--, at++) {
			if (*at != NO_COLUMN)
				return wrong_field(model, &model->fields[i], err, "overlaps another member");
			*at = (uint8_t)i;
		}
	}
	for (size_t i = 0; i < model->field_count; i++)
		memset(layout->by_offset + model->fields[i].offset + 1, NO_COLUMN, member_size(&model->fields[i]) - 1);
	return WEIR_OK;
}

/* Room for everything, with the pointers set. */
static weir__layout *allocate(const weir_model *model, const weir__buffer *prefixes)
{
	size_t        columns_size = model->field_count * sizeof(weir__column);
	size_t        fixed = sizeof(weir__layout) + columns_size + prefixes->length;
	weir__layout *layout = model->size <= SIZE_MAX - fixed - BLOCK ? weir__malloc(fixed + model->size + BLOCK) : NULL;

	if (!layout)
		return NULL;
	*layout =
		(weir__layout){ .model = model, .columns = (weir__column *)(layout + 1), .column_count = model->field_count };
	char *texts = (char *)(layout->columns + layout->column_count);
	for (size_t i = 0; i < layout->column_count; i++)
		fill_column(&layout->columns[i], &model->fields[i]);
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a model has a column, so there is a prefix */
	memcpy(texts, prefixes->data, prefixes->length);
	fill_prefixes(layout, texts);
	layout->by_offset = (uint8_t *)texts + prefixes->length;
	memset(layout->by_offset + model->size, 0, BLOCK);
	return layout;
}

/* The model with the fields and table of what it is derived from. */
static weir_model whole_model(const weir_model *model)
{
	weir_model whole = *weir__layout_base(model);

	whole.name = model->name;
	whole.size = model->size;
	return whole;
}

static int create(const weir_model *declared, bool has_table, weir__layout **layout, weir_error *err)
{
	weir__buffer      prefixes = WEIR__BUFFER_INIT;
	weir__buffer      canonical = WEIR__BUFFER_INIT;
	weir__layout     *made = NULL;
	const weir_model  whole = whole_model(declared);
	const weir_model *model = &whole;
	int               status = check_derived(declared, err);

	if (status == WEIR_OK)
		status = check_model(model, err);
	if (status == WEIR_OK)
		status = check_fields(model, err);
	if (status == WEIR_OK && has_table)
		status = check_table(model, err);
	if (status != WEIR_OK)
		return status;
	append_prefixes(model, &prefixes);
	append_canonical(model, &canonical);
	if (!prefixes.failed && !canonical.failed)
		made = allocate(model, &prefixes);
	if (!made) {
		status = weir__error_no_memory(err);
		goto cleanup;
	}
	made->model = declared;
	made->base = weir__layout_base(declared);
	status = fill_offsets(made, model, err);
	if (status != WEIR_OK)
		goto cleanup;
	fill_sets(made);
	made->fingerprint = weir__hash64(canonical.data, canonical.length, FINGERPRINT_SEED);
	*layout = made;
	made = NULL;
cleanup:
	weir__layout_free(made);
	weir__buffer_release(&canonical);
	weir__buffer_release(&prefixes);
	return status;
}

int weir__layout_create(const weir_model *model, weir__layout **layout, weir_error *err)
{
	return create(model, true, layout, err);
}

int weir__layout_create_result(const weir_model *model, weir__layout **layout, weir_error *err)
{
	return create(model, false, layout, err);
}

int weir__layout_create_of(const weir_model *model, weir__layout **layout, weir_error *err)
{
	return create(model, weir__layout_base(model)->table != NULL, layout, err);
}

void weir__layout_free(weir__layout *layout)
{
	weir__free(layout);
}

int weir__layout_find(const weir__layout *layout, size_t offset)
{
	if (offset >= layout->model->size || layout->by_offset[offset] == NO_COLUMN)
		return -1;
	return layout->by_offset[offset];
}

static weir__mask every_column(const weir__layout *layout)
{
	return ~(weir__mask)0 >> (WEIR__COLUMNS_MAX - layout->column_count);
}

int weir__layout_mask(const weir__layout *layout, const weir_set *set, weir__mask *mask, weir_error *err)
{
	const char *name = layout->model->name;
	weir__mask  found = 0;

	if (!set->model || !weir__layout_is_of(layout, set->model))
		return weir__error_set_at(err, WEIR_ERR_USAGE, name, NULL, "the set of columns belongs to model %s",
		                          set->model && set->model->name ? set->model->name : "(none)");
	if (set->count == SIZE_MAX) {
		*mask = every_column(layout) & ~layout->generated_mask;
		return WEIR_OK;
	}
	if (set->count > 0 && !set->offsets)
		return weir__error_set_at(err, WEIR_ERR_USAGE, name, NULL, "the set of columns has a count but no offsets");
	for (size_t i = 0; i < set->count; i++) {
		int column = weir__layout_find(layout, set->offsets[i]);
		if (column < 0)
			return weir__error_set_at(err, WEIR_ERR_USAGE, name, NULL,
			                          "the set names offset %zu, where no column starts", set->offsets[i]);
		found |= (weir__mask)1 << column;
	}
	*mask = found;
	return WEIR_OK;
}
