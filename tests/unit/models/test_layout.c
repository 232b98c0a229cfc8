/* Layouts: what is made of a descriptor, and every way to declare one wrongly. */
#include "base/memory.h"
#include "models/layout.h"
#include "support/suite.h"
#include "unit/models/everything.h"

#include <string.h>

static weir__layout *make(const weir_model *model)
{
	weir__layout *layout = NULL;
	weir_error    err = WEIR_ERROR_INIT;

	ck_assert_msg(weir__layout_create(model, &layout, &err) == WEIR_OK, "%s", err.message);
	return layout;
}

static uint64_t fingerprint_of(const weir_model *model)
{
	weir__layout *layout = make(model);
	uint64_t      fingerprint = layout->fingerprint;

	weir__layout_free(layout);
	return fingerprint;
}

START_TEST(test_layout__columns_are_the_fields_in_order)
{
	weir__layout *layout = make(&everything_model);

	ck_assert_ptr_eq(layout->model, &everything_model);
	ck_assert_uint_eq(layout->column_count, EVERYTHING_COUNT);
	for (size_t i = 0; i < layout->column_count; i++) {
		const weir__column *column = &layout->columns[i];
		ck_assert_str_eq(column->member, everything_fields[i].name);
		ck_assert_uint_eq(column->offset, everything_fields[i].offset);
		ck_assert_int_eq(column->type, everything_fields[i].type);
		ck_assert_uint_eq(column->name_length, strlen(column->name));
		ck_assert(column->optional == (i >= OPT_FLAG && i <= OPT_TOKEN));
		ck_assert(column->nullable == (i >= OPT_FLAG));
	}
	ck_assert_str_eq(layout->columns[TITLE].name, "the \"title\"");
	ck_assert_str_eq(layout->columns[AMOUNT].name, "amount");
	ck_assert(layout->columns[TITLE].unique && !layout->columns[AMOUNT].unique);
	ck_assert(layout->columns[MIDDLE].stamped && !layout->columns[SMALL].stamped);
	ck_assert_uint_eq(layout->columns[TITLE].max_length, 5);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_layout__sets_name_key_generated_and_auto_now_columns)
{
	weir__layout *layout = make(&everything_model);

	ck_assert_uint_eq(layout->key_count, 1);
	ck_assert_uint_eq(layout->key[0], ID);
	ck_assert_uint_eq(layout->key_mask, (weir__mask)1 << ID);
	ck_assert_uint_eq(layout->generated_mask, (weir__mask)1 << ID);
	ck_assert_uint_eq(layout->auto_now_mask, (weir__mask)1 << SEEN_AT);
	ck_assert(layout->columns[ID].primary_key && layout->columns[ID].generated && layout->columns[SEEN_AT].auto_now);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_layout__offsets_lead_to_columns)
{
	weir__layout *layout = make(&everything_model);
	size_t        found = 0;

	for (size_t offset = 0; offset < sizeof(everything); offset++) {
		int column = weir__layout_find(layout, offset);
		if (column < 0)
			continue;
		ck_assert_uint_eq(layout->columns[column].offset, offset);
		found++;
	}
	ck_assert_uint_eq(found, layout->column_count);
	ck_assert_int_eq(weir__layout_find(layout, 0), ID);
	ck_assert_int_eq(weir__layout_find(layout, 1), -1);
	ck_assert_int_eq(weir__layout_find(layout, sizeof(everything)), -1);
	ck_assert_int_eq(weir__layout_find(layout, SIZE_MAX), -1);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_layout__json_prefixes_are_written_once_and_escaped)
{
	weir__layout *layout = make(&everything_model);
	size_t        fixed = strlen("}");

	ck_assert_str_eq(layout->columns[ID].json_prefix, "{\"id\":");
	ck_assert_str_eq(layout->columns[FLAG].json_prefix, ",\"flag\":");
	ck_assert_str_eq(layout->columns[TITLE].json_prefix, ",\"the \\\"title\\\"\":");
	for (size_t i = 0; i < layout->column_count; i++) {
		ck_assert_uint_eq(layout->columns[i].json_prefix_length, strlen(layout->columns[i].json_prefix));
		fixed += layout->columns[i].json_prefix_length;
	}
	ck_assert_uint_eq(layout->json_fixed, fixed);
	weir__layout_free(layout);
}
END_TEST

/* A model of its own to be declared wrongly, one change at a time. */
typedef struct odd {
	int64_t      id;
	const char  *name;
	weir_opt_i32 age;
	double       ratio;
	weir_json    data;
} odd;

enum { ODD_ID, ODD_NAME, ODD_AGE, ODD_RATIO, ODD_DATA, ODD_COUNT };

struct draft {
	weir_field fields[ODD_COUNT];
	weir_model model;
};

static void draft_init(struct draft *draft)
{
	const weir_field fields[ODD_COUNT] = {
		WEIR_FIELD(odd, id, .primary_key = true),
		WEIR_FIELD(odd, name),
		WEIR_FIELD(odd, age),
		WEIR_FIELD(odd, ratio),
		WEIR_FIELD(odd, data),
	};

	memcpy(draft->fields, fields, sizeof fields);
	draft->model = (weir_model)WEIR_MODEL(odd, "odds", draft->fields);
}

START_TEST(test_layout__special_characters_of_names_are_escaped_as_json_wants)
{
	struct draft  draft;
	weir__layout *layout;

	draft_init(&draft);
	draft.fields[ODD_NAME].column = "a\\b\"c\nd\x01"
									"e\x1f\t\xc3\xa9/\x7f";
	layout = make(&draft.model);
	ck_assert_str_eq(layout->columns[ODD_NAME].json_prefix, ",\"a\\\\b\\\"c\\nd\\u0001e\\u001f\\t\xc3\xa9/\x7f\":");
	weir__layout_free(layout);
}
END_TEST

#define LONG_64 "a234567890123456789012345678901234567890123456789012345678901234"

static void no_model_name(struct draft *d)
{
	d->model.name = NULL;
}
static void empty_model_name(struct draft *d)
{
	d->model.name = "";
}
static void no_table(struct draft *d)
{
	d->model.table = NULL;
}
static void long_table(struct draft *d)
{
	d->model.table = LONG_64;
}
static void odd_schema(struct draft *d)
{
	d->model.schema = "\xff";
}
static void other_field_size(struct draft *d)
{
	d->model.field_size -= 8;
}
static void no_fields(struct draft *d)
{
	d->model.fields = NULL;
}
static void zero_fields(struct draft *d)
{
	d->model.field_count = 0;
}
static void many_fields(struct draft *d)
{
	d->model.field_count = WEIR__COLUMNS_MAX + 1;
}
static void no_name(struct draft *d)
{
	d->fields[ODD_NAME].name = NULL;
}
static void empty_name(struct draft *d)
{
	d->fields[ODD_NAME].name = "";
}
static void empty_column(struct draft *d)
{
	d->fields[ODD_NAME].column = "";
}
static void long_column(struct draft *d)
{
	d->fields[ODD_NAME].column = LONG_64;
}
static void odd_column(struct draft *d)
{
	d->fields[ODD_NAME].column = "na\xefve";
}
static void same_member(struct draft *d)
{
	d->fields[ODD_AGE] = d->fields[ODD_NAME];
}
static void same_column(struct draft *d)
{
	d->fields[ODD_AGE].column = "name";
}
static void no_key(struct draft *d)
{
	d->fields[ODD_ID].primary_key = false;
}
static void beyond(struct draft *d)
{
	d->fields[ODD_DATA].offset = sizeof(odd);
}
static void partly_beyond(struct draft *d)
{
	d->model.size = offsetof(odd, data) + sizeof(weir_json) - 1;
}
static void far_beyond(struct draft *d)
{
	d->fields[ODD_DATA].offset = SIZE_MAX - 3;
}
static void no_size(struct draft *d)
{
	d->model.size = 0;
}
static void null_ratio(struct draft *d)
{
	d->fields[ODD_RATIO].nullable = true;
}
static void null_key(struct draft *d)
{
	d->fields[ODD_NAME].primary_key = d->fields[ODD_NAME].nullable = true;
}
static void opt_key(struct draft *d)
{
	d->fields[ODD_AGE].primary_key = true;
}
static void float_key(struct draft *d)
{
	d->fields[ODD_RATIO].primary_key = true;
}
static void json_key(struct draft *d)
{
	d->fields[ODD_DATA].primary_key = true;
}
static void now_text(struct draft *d)
{
	d->fields[ODD_NAME].auto_now = true;
}
static void deleted_text(struct draft *d)
{
	d->fields[ODD_NAME].deleted_at = true;
}
static void deleted_age(struct draft *d)
{
	d->fields[ODD_AGE].deleted_at = true;
}
static void summed(struct draft *d)
{
	d->fields[ODD_RATIO].column = "ratio";
	d->fields[ODD_RATIO].aggregate = WEIR_SUM;
}
static void summed_nothing(struct draft *d)
{
	d->fields[ODD_RATIO].aggregate = WEIR_SUM;
}
static void no_aggregate(struct draft *d)
{
	d->fields[ODD_RATIO].aggregate = (weir_aggregate)99;
}
static void unique_json(struct draft *d)
{
	d->fields[ODD_DATA].unique = true;
}
static void limited_ratio(struct draft *d)
{
	d->fields[ODD_RATIO].max_length = 3;
}
static const char *const no_labels[] = { NULL };

static void padded_ratio(struct draft *d)
{
	d->fields[ODD_RATIO].padded = true;
}
static void labelled_data(struct draft *d)
{
	d->fields[ODD_DATA].labels = no_labels;
}
static void padded_enum(struct draft *d)
{
	d->fields[ODD_NAME].labels = no_labels;
	d->fields[ODD_NAME].padded = true;
}
static void array_key(struct draft *d)
{
	d->fields[ODD_NAME].type = WEIR_TYPE_INT4_ARRAY;
	d->fields[ODD_NAME].primary_key = true;
}
static void opt_text(struct draft *d)
{
	d->fields[ODD_NAME].optional = true;
}
static void no_type(struct draft *d)
{
	d->fields[ODD_NAME].type = WEIR_TYPE_NONE;
}
static void high_type(struct draft *d)
{
	d->fields[ODD_NAME].type = WEIR_TYPE_COUNT;
}
static void overlap(struct draft *d)
{
	d->fields[ODD_DATA].offset = offsetof(odd, ratio);
}
static void overlap_within(struct draft *d)
{
	d->fields[ODD_AGE].offset = offsetof(odd, name) + 4;
}
static void misaligned(struct draft *d)
{
	d->fields[ODD_RATIO].offset = offsetof(odd, ratio) - 2;
}

static const struct {
	void (*spoil)(struct draft *draft);
	const char *column; /* that the error names */
	const char *says;
} wrong[] = {
	{ no_model_name, "", "model's name" },
	{ empty_model_name, "", "model's name" },
	{ no_table, "", "table's name" },
	{ long_table, "", "63 bytes" },
	{ odd_schema, "", "schema's name" },
	{ other_field_size, "", "field_size" },
	{ no_fields, "", "no fields" },
	{ zero_fields, "", "no fields" },
	{ many_fields, "", "more than 64" },
	{ no_name, "", "field 1" },
	{ empty_name, "", "field 1" },
	{ empty_column, "name", "column's name" },
	{ long_column, "name", "63 bytes" },
	{ odd_column, "name", "UTF-8" },
	{ same_member, "name", "twice" },
	{ same_column, "age", "same column" },
	{ no_key, "", "no primary key" },
	{ beyond, "data", "beyond" },
	{ partly_beyond, "data", "beyond" },
	{ far_beyond, "data", "beyond" },
	{ no_size, "id", "beyond" },
	{ null_ratio, "ratio", ".nullable" },
	{ null_key, "name", "must not be nullable" },
	{ opt_key, "age", "must not be nullable" },
	{ float_key, "ratio", "primary key" },
	{ json_key, "data", "primary key" },
	{ now_text, "name", ".auto_now" },
	{ deleted_text, "name", ".deleted_at" },
	{ deleted_age, "age", ".deleted_at" },
	{ summed, "ratio", "only a result" },
	{ summed_nothing, "ratio", "of no .column" },
	{ no_aggregate, "ratio", "there is not" },
	{ unique_json, "data", ".unique" },
	{ limited_ratio, "ratio", ".max_length" },
	{ padded_ratio, "ratio", ".padded" },
	{ labelled_data, "data", ".labels" },
	{ padded_enum, "name", ".labels" },
	{ array_key, "name", "primary key" },
	{ opt_text, "name", "optional" },
	{ no_type, "name", "type" },
	{ high_type, "name", "type" },
	{ overlap, "data", "overlaps" },
	{ overlap_within, "age", "overlaps" },
	{ misaligned, "ratio", "aligned" },
};

START_TEST(test_layout__each_wrong_declaration_is_refused_by_name)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		weir__layout *layout = NULL;
		weir_error    err = WEIR_ERROR_INIT;
		struct draft  draft;
		draft_init(&draft);
		wrong[i].spoil(&draft);
		ck_assert_msg(weir__layout_create(&draft.model, &layout, &err) == WEIR_ERR_MODEL, "row %zu", i);
		ck_assert_ptr_null(layout);
		ck_assert_int_eq(err.status, WEIR_ERR_MODEL);
		ck_assert_msg(strcmp(err.column, wrong[i].column) == 0, "row %zu: %s", i, err.message);
		ck_assert_msg(strstr(err.message, wrong[i].says) != NULL, "row %zu: %s", i, err.message);
		if (i > 1)
			ck_assert_str_eq(err.model, "odd");
		ck_assert_int_eq(weir__layout_create(&draft.model, &layout, NULL), WEIR_ERR_MODEL);
	}
}
END_TEST

/* Models of as many int8 columns as wanted. */
struct wide {
	char       names[WEIR__COLUMNS_MAX + 1][4];
	weir_field fields[WEIR__COLUMNS_MAX + 1];
	weir_model model;
};

static void wide_init(struct wide *wide, size_t columns, size_t keys)
{
	for (size_t i = 0; i < columns; i++) {
		memcpy(wide->names[i], (char[]){ 'c', (char)('a' + i / 26), (char)('a' + i % 26), '\0' }, 4);
		wide->fields[i] = (weir_field){ .name = wide->names[i],
			                            .offset = i * sizeof(int64_t),
			                            .type = WEIR_TYPE_INT8,
			                            .primary_key = i < keys,
			                            .generated = i + 1 == columns };
	}
	wide->model = (weir_model){ .name = "wide",
		                        .table = "wide",
		                        .size = columns * sizeof(int64_t),
		                        .fields = wide->fields,
		                        .field_count = columns,
		                        .field_size = sizeof(weir_field) };
}

START_TEST(test_layout__as_many_columns_as_the_limit_says)
{
	struct wide   wide;
	weir__layout *layout;
	weir__mask    mask = 0;

	wide_init(&wide, WEIR__COLUMNS_MAX, WEIR__KEY_COLUMNS_MAX);
	layout = make(&wide.model);
	ck_assert_uint_eq(layout->key_mask, 0xff);
	ck_assert_uint_eq(layout->key[7], 7);
	ck_assert_uint_eq(layout->generated_mask, (weir__mask)1 << 63);
	weir_set all = weir_set_all(&wide.model);
	ck_assert_int_eq(weir__layout_mask(layout, &all, &mask, NULL), WEIR_OK);
	ck_assert_uint_eq(mask, ~(weir__mask)0 >> 1);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_layout__one_column_or_key_column_too_many_is_refused)
{
	struct wide   wide;
	weir__layout *layout = NULL;
	weir_error    err = WEIR_ERROR_INIT;

	wide_init(&wide, WEIR__COLUMNS_MAX + 1, 1);
	ck_assert_int_eq(weir__layout_create(&wide.model, &layout, &err), WEIR_ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(err.message, "64"));
	wide_init(&wide, WEIR__COLUMNS_MAX, WEIR__KEY_COLUMNS_MAX + 1);
	ck_assert_int_eq(weir__layout_create(&wide.model, &layout, &err), WEIR_ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(err.message, "primary key"));
	ck_assert_ptr_null(layout);
}
END_TEST

START_TEST(test_layout__keys_of_several_columns_keep_their_order)
{
	struct draft  draft;
	weir__layout *layout;

	draft_init(&draft);
	draft.fields[ODD_ID].primary_key = false;
	draft.fields[ODD_NAME].primary_key = true;
	draft.fields[ODD_RATIO] = (weir_field)WEIR_FIELD(odd, id, .primary_key = true, .column = "number");
	draft.fields[ODD_ID] = (weir_field)WEIR_FIELD(odd, ratio);
	layout = make(&draft.model);
	ck_assert_uint_eq(layout->key_count, 2);
	ck_assert_uint_eq(layout->key[0], ODD_NAME);
	ck_assert_uint_eq(layout->key[1], ODD_RATIO);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_layout__what_each_type_may_be_used_for)
{
	for (size_t i = ID; i <= DATA; i++) {
		weir_field    field = everything_fields[i];
		weir_field    fields[] = { everything_fields[ID], field };
		weir_model    model = everything_model;
		bool          is_json = field.type == WEIR_TYPE_JSONB;
		bool          is_no_key = is_json || field.type == WEIR_TYPE_FLOAT8 || field.type == WEIR_TYPE_NUMERIC;
		weir__layout *layout = NULL;
		model.fields = i == ID ? fields : fields + 1;
		model.field_count = 1;
		fields[1].primary_key = true;
		ck_assert_int_eq(weir__layout_create(&model, &layout, NULL), is_no_key ? WEIR_ERR_MODEL : WEIR_OK);
		weir__layout_free(layout);
		layout = NULL;
		if (i == ID)
			continue;
		fields[1].primary_key = false;
		fields[1].unique = true;
		model.fields = fields;
		model.field_count = 2;
		ck_assert_int_eq(weir__layout_create(&model, &layout, NULL), is_json ? WEIR_ERR_MODEL : WEIR_OK);
		weir__layout_free(layout);
	}
}
END_TEST

static void other_table(struct draft *d)
{
	d->model.table = "evens";
}
static void other_schema(struct draft *d)
{
	d->model.schema = "public";
}
static void other_column(struct draft *d)
{
	d->fields[ODD_NAME].column = "label";
}
static void other_type(struct draft *d)
{
	d->fields[ODD_NAME].type = WEIR_TYPE_NUMERIC;
}
static void other_null(struct draft *d)
{
	d->fields[ODD_NAME].nullable = true;
}
static void other_key(struct draft *d)
{
	d->fields[ODD_NAME].primary_key = true;
}
static void fewer(struct draft *d)
{
	d->model.field_count--;
}
static void moved_name(struct draft *d)
{
	d->fields[ODD_NAME].column = "nam";
	d->fields[ODD_AGE].column = "eage";
}
static void other_order(struct draft *d)
{
	weir_field name = d->fields[ODD_NAME];

	d->fields[ODD_NAME] = d->fields[ODD_AGE];
	d->fields[ODD_AGE] = name;
}

START_TEST(test_layout__fingerprints_change_with_what_a_cached_record_depends_on)
{
	static void (*const changes[])(struct draft *) = { other_table, other_schema, other_column, other_type, other_null,
		                                               other_key,   fewer,        moved_name,   other_order };
	uint64_t     seen[sizeof changes / sizeof changes[0] + 1];
	size_t       count = 0;
	struct draft draft;

	draft_init(&draft);
	seen[count++] = fingerprint_of(&draft.model);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		draft_init(&draft);
		changes[i](&draft);
		seen[count] = fingerprint_of(&draft.model);
		for (size_t before = 0; before < count; before++)
			ck_assert_msg(seen[before] != seen[count], "change %zu", i);
		count++;
	}
}
END_TEST

START_TEST(test_layout__fingerprints_do_not_change_with_the_rest)
{
	struct draft draft, same;

	draft_init(&draft);
	draft_init(&same);
	same.model.cache.ttl_s = 7;
	same.fields[ODD_NAME].unique = true;
	same.fields[ODD_NAME].max_length = 9;
	same.fields[ODD_ID].generated = true;
	ck_assert_uint_eq(fingerprint_of(&draft.model), fingerprint_of(&same.model));
	/* the same on every machine: two versions of a program share a cache */
	ck_assert_uint_eq(fingerprint_of(&draft.model), UINT64_C(0x92464d310d21c06e));
}
END_TEST

START_TEST(test_mask__of_named_columns)
{
	weir__layout *layout = make(&everything_model);
	weir_set      set = WEIR_SET(everything, title, id, null_data, title);
	weir__mask    mask = 0;

	ck_assert_int_eq(weir__layout_mask(layout, &set, &mask, NULL), WEIR_OK);
	ck_assert_uint_eq(mask, (weir__mask)1 << TITLE | (weir__mask)1 << ID | (weir__mask)1 << NULL_DATA);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_mask__of_all_columns_leaves_generated_ones_out)
{
	weir__layout *layout = make(&everything_model);
	weir_set      set = weir_set_all(&everything_model);
	weir_set      none = { .model = &everything_model };
	weir__mask    mask = 0;

	ck_assert_int_eq(weir__layout_mask(layout, &set, &mask, NULL), WEIR_OK);
	ck_assert_uint_eq(mask, (((weir__mask)1 << EVERYTHING_COUNT) - 1) & ~((weir__mask)1 << ID));
	ck_assert_int_eq(weir__layout_mask(layout, &none, &mask, NULL), WEIR_OK);
	ck_assert_uint_eq(mask, 0);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_mask__of_what_is_no_set_of_the_model_is_refused)
{
	static const size_t inside[] = { 1 };
	static const size_t behind[] = { sizeof(everything) };
	weir_model          other = everything_model;
	const weir_set      sets[] = { { .model = &other, .count = SIZE_MAX },
		                           { .count = SIZE_MAX },
		                           { .model = &everything_model, .count = 1 },
		                           { .model = &everything_model, .offsets = inside, .count = 1 },
		                           { .model = &everything_model, .offsets = behind, .count = 1 } };
	weir__layout       *layout = make(&everything_model);
	weir__mask          mask = 42;
	weir_error          err = WEIR_ERROR_INIT;

	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		ck_assert_int_eq(weir__layout_mask(layout, &sets[i], &mask, &err), WEIR_ERR_USAGE);
		ck_assert_str_eq(err.model, "everything");
	}
	ck_assert_uint_eq(mask, 42);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_type__names_are_postgresqls)
{
	ck_assert_str_eq(weir_type_name(WEIR_TYPE_BOOL), "bool");
	ck_assert_str_eq(weir_type_name(WEIR_TYPE_TIMESTAMPTZ), "timestamptz");
	ck_assert_str_eq(weir_type_name(WEIR_TYPE_JSONB), "jsonb");
	ck_assert_str_eq(weir_type_name(WEIR_TYPE_NONE), "?");
	ck_assert_str_eq(weir_type_name(WEIR_TYPE_COUNT), "?");
	ck_assert_str_eq(weir_type_name((weir_type)4711), "?");
	for (int type = WEIR_TYPE_NONE + 1; type < WEIR_TYPE_COUNT; type++)
		ck_assert_str_ne(weir_type_name((weir_type)type), "?");
}
END_TEST

#ifdef WEIR_TEST_HOOKS
START_TEST(test_layout__any_allocation_may_fail)
{
	weir__layout *layout = NULL;
	weir_error    err = WEIR_ERROR_INIT;
	long          successes = 0;
	int           status;

	for (;; successes++) {
		weir__memory_fail_after(successes, WEIR__FAIL_ONCE);
		status = weir__layout_create(&everything_model, &layout, &err);
		if (weir__memory_failures() == 0)
			break;
		ck_assert_int_eq(status, WEIR_ERR_NO_MEMORY);
		ck_assert_int_eq(err.status, WEIR_ERR_NO_MEMORY);
		ck_assert_ptr_null(layout);
	}
	weir__memory_fail_after(0, WEIR__FAIL_NEVER);
	ck_assert_int_eq(status, WEIR_OK);
	ck_assert_int_gt(successes, 2);
	weir__layout_free(layout);
}
END_TEST

#define FAILURES , test_layout__any_allocation_may_fail
#else
#define FAILURES
#endif

WEIR_SUITE("models/layout", test_layout__columns_are_the_fields_in_order,
           test_layout__sets_name_key_generated_and_auto_now_columns, test_layout__offsets_lead_to_columns,
           test_layout__json_prefixes_are_written_once_and_escaped,
           test_layout__special_characters_of_names_are_escaped_as_json_wants,
           test_layout__each_wrong_declaration_is_refused_by_name, test_layout__as_many_columns_as_the_limit_says,
           test_layout__one_column_or_key_column_too_many_is_refused, test_layout__what_each_type_may_be_used_for,
           test_layout__keys_of_several_columns_keep_their_order,
           test_layout__fingerprints_change_with_what_a_cached_record_depends_on,
           test_layout__fingerprints_do_not_change_with_the_rest, test_mask__of_named_columns,
           test_mask__of_all_columns_leaves_generated_ones_out, test_mask__of_what_is_no_set_of_the_model_is_refused,
           test_type__names_are_postgresqls FAILURES);
