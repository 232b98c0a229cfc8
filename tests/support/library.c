/* Models that are related in every way that there is. */
#include "support/library.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS(name)    static const weir_field name##_fields[]
#define RELATIONS(name) static const weir_relation name##_relations[]

int library_loader_calls, library_loader_status, library_loader_cleared;

static int load_classics(void *context, const weir_related *of, weir_list *list, weir_error *err)
{
	const author *owner = of->owner;
	weir_base_dao books = weir_get_dao(of->session, &book_model);
	weir_query    query = {
		   .where = weir_all(weir_eq(book_c.author_id, owner->id), weir_lt(book_c.year, 1900)),
		   .order = WEIR_ORDER(weir_asc(book_c.year)),
	};

	(void)context;
	library_loader_calls++;
	if (library_loader_status != WEIR_OK)
		return library_loader_status;
	return weir_base_dao_get_all(&books, &query, list, err);
}

static void classics_cleared(void *context, const weir_related *of)
{
	(void)context, (void)of;
	library_loader_cleared++;
}

static const weir_relation_loader classics_loader = { .load = load_classics, .cleared = classics_cleared };

/* ---- A cache of one value ------------------------------------------------------------------------------------------------ */

struct library_drawer library_drawer;

static void empty_drawer(void)
{
	free(library_drawer.key);
	free(library_drawer.value);
	library_drawer.key = library_drawer.value = NULL;
}

static char *turned(const char *bytes, size_t length)
{
	char *turned = malloc(length);

	for (size_t i = 0; i < length; i++)
		turned[i] = (char)~bytes[i];
	return turned;
}

static int drawer_get(void *context, const char *key, char **value, size_t *length)
{
	(void)context;
	library_drawer.gets++;
	if (!library_drawer.key || strcmp(key, library_drawer.key) != 0)
		return WEIR_NOT_FOUND;
	*value = turned(library_drawer.value, library_drawer.length);
	*length = library_drawer.length;
	return WEIR_OK;
}

static int drawer_set(void *context, const char *key, const char *value, size_t length, int ttl_s)
{
	(void)context;
	empty_drawer();
	library_drawer.sets++;
	library_drawer.ttl_s = ttl_s;
	library_drawer.key = strdup(key);
	library_drawer.value = turned(value, length);
	library_drawer.length = length;
	return WEIR_OK;
}

static int drawer_remove(void *context, const char *key)
{
	(void)context, (void)key;
	empty_drawer();
	library_drawer.removes++;
	return WEIR_OK;
}

static int drawer_clear(void *context)
{
	(void)context;
	empty_drawer();
	library_drawer.clears++;
	return WEIR_OK;
}

static const weir_relation_cache drawer = {
	.get = drawer_get, .set = drawer_set, .remove = drawer_remove, .clear = drawer_clear
};

/* ---- Models ---------------------------------------------------------------------------------------------------------------- */

FIELDS(author) = {
	WEIR_FIELD(author, id, .primary_key = true, .generated = true),
	WEIR_FIELD(author, name),
	WEIR_FIELD(author, country, .nullable = true),
};
RELATIONS(author) = {
	WEIR_HAS_MANY(author, books, book, author_id, .inverse_of = "author"),
	WEIR_HAS_MANY(author, edited, book, editor_id, .inverse_of = "editor"),
	WEIR_HAS_ONE(author, profile, profile, author_id, .inverse_of = "author"),
	WEIR_BELONGS_TO(author, home, country, country, .inverse_of = "authors"),
	WEIR_HAS_MANY(author, classics, book, author_id, .loader = &classics_loader),
	WEIR_HAS_MANY(author, drafts, book, author_id, .kept_in = &drawer, .cache = { .ttl_s = 77 }),
};
const weir_model author_model = WEIR_MODEL(author, "authors", author_fields, WEIR_RELATIONS(author_relations));

RELATIONS(editor) = {
	WEIR_HAS_MANY(editor, books, book, editor_id, .cache = { .enabled = WEIR_OFF }),
};
const weir_model editor_model = WEIR_DERIVED_MODEL(editor, author, WEIR_RELATIONS(editor_relations));

FIELDS(profile) = {
	WEIR_FIELD(profile, id, .primary_key = true, .generated = true),
	WEIR_FIELD(profile, author_id),
	WEIR_FIELD(profile, text),
};
RELATIONS(profile) = { WEIR_BELONGS_TO(profile, author, author, author_id, .inverse_of = "profile") };
const weir_model profile_model = WEIR_MODEL(profile, "profiles", profile_fields, WEIR_RELATIONS(profile_relations));

FIELDS(book) = {
	WEIR_FIELD(book, id, .primary_key = true, .generated = true),
	WEIR_FIELD(book, author_id),
	WEIR_FIELD(book, editor_id),
	WEIR_FIELD(book, title),
	WEIR_FIELD(book, year),
};
RELATIONS(book) = {
	WEIR_BELONGS_TO(book, author, author, author_id, .inverse_of = "books"),
	WEIR_BELONGS_TO(book, editor, author, editor_id, .inverse_of = "edited"),
	WEIR_MANY_TO_MANY(book, tags, tag, book_tag, book_id, tag_id, .inverse_of = "books"),
};
const weir_model          book_model = WEIR_MODEL(book, "books", book_fields, WEIR_RELATIONS(book_relations));
const struct book_columns book_c = {
	.id = WEIR_I64_COLUMN(book, id),
	.author_id = WEIR_I64_COLUMN(book, author_id),
	.title = WEIR_TEXT_COLUMN(book, title),
	.year = WEIR_I32_COLUMN(book, year),
};

FIELDS(tag) = {
	WEIR_FIELD(tag, id, .primary_key = true, .generated = true),
	WEIR_FIELD(tag, name, .unique = true),
};
RELATIONS(tag) = { WEIR_MANY_TO_MANY(tag, books, book, book_tag, tag_id, book_id, .inverse_of = "tags",
	                                 .cascade = true) };
const weir_model         tag_model = WEIR_MODEL(tag, "tags", tag_fields, WEIR_RELATIONS(tag_relations));
const struct tag_columns tag_c = { .name = WEIR_TEXT_COLUMN(tag, name) };

FIELDS(book_tag) = {
	WEIR_FIELD(book_tag, book_id, .primary_key = true),
	WEIR_FIELD(book_tag, tag_id, .primary_key = true),
};
const weir_model book_tag_model = WEIR_MODEL(book_tag, "book_tags", book_tag_fields);

FIELDS(country) = {
	WEIR_FIELD(country, code, .primary_key = true),
	WEIR_FIELD(country, name),
};
RELATIONS(country) = { WEIR_HAS_MANY(country, authors, author, country, .inverse_of = "home") };
const weir_model country_model = WEIR_MODEL(country, "countries", country_fields, WEIR_RELATIONS(country_relations));

FIELDS(worker) = {
	WEIR_FIELD(worker, id, .primary_key = true, .generated = true),
	WEIR_FIELD(worker, boss_id),
	WEIR_FIELD(worker, name),
};
RELATIONS(worker) = {
	WEIR_BELONGS_TO(worker, boss, worker, boss_id, .inverse_of = "reports"),
	WEIR_HAS_MANY(worker, reports, worker, boss_id, .inverse_of = "boss", .cascade = true),
};
const weir_model worker_model = WEIR_MODEL(worker, "workers", worker_fields, WEIR_RELATIONS(worker_relations));

FIELDS(invoice) = {
	WEIR_FIELD(invoice, shop_id, .primary_key = true),
	WEIR_FIELD(invoice, number, .primary_key = true),
	WEIR_FIELD(invoice, customer),
};
RELATIONS(invoice) = { WEIR_HAS_MANY_BY(invoice, lines, line, (shop_id, invoice_number), .inverse_of = "invoice",
	                                    .cascade = true) };
const weir_model invoice_model = WEIR_MODEL(invoice, "invoices", invoice_fields, WEIR_RELATIONS(invoice_relations));

FIELDS(line) = {
	WEIR_FIELD(line, id, .primary_key = true, .generated = true),
	WEIR_FIELD(line, shop_id),
	WEIR_FIELD(line, invoice_number),
	WEIR_FIELD(line, item),
};
RELATIONS(line) = { WEIR_BELONGS_TO_BY(line, invoice, invoice, (shop_id, invoice_number), .inverse_of = "lines") };
const weir_model line_model = WEIR_MODEL(line, "lines", line_fields, WEIR_RELATIONS(line_relations));

const weir_model *const library_models[] = {
	&author_model,  &editor_model, &profile_model, &book_model, &tag_model, &book_tag_model,
	&country_model, &worker_model, &invoice_model, &line_model, NULL,
};

static const char tables[] =
	"CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);"
	"CREATE TABLE authors (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, country text);"
	"CREATE TABLE profiles (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	" author_id bigint REFERENCES authors (id), text text NOT NULL);"
	"CREATE TABLE books (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author_id bigint, editor_id bigint,"
	" title text NOT NULL, year integer NOT NULL);"
	"CREATE INDEX ON books (author_id); CREATE INDEX ON books (editor_id);"
	"CREATE TABLE tags (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);"
	"CREATE TABLE book_tags (book_id bigint NOT NULL, tag_id integer NOT NULL, PRIMARY KEY (book_id, tag_id));"
	"CREATE TABLE workers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, boss_id bigint, name text NOT NULL);"
	"CREATE TABLE invoices (shop_id integer, number bigint, customer text NOT NULL, PRIMARY KEY (shop_id, number));"
	"CREATE TABLE lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shop_id integer, invoice_number bigint,"
	" item text NOT NULL)";

void library_open(struct blog *blog, weir_cache_kind kind)
{
	blog_open(blog, &(weir_options){ .cache_kind = kind, .models = library_models, .lazy = true });
	blog_sql(blog, tables);
	library_author(blog, "nobody"); /* the first statement checks the schema too */
	empty_drawer();
	library_drawer = (struct library_drawer){ .gets = 0 };
	library_loader_calls = library_loader_status = library_loader_cleared = 0;
}

int64_t library_author(struct blog *blog, const char *name)
{
	weir_base_dao dao = weir_get_dao(blog->session, &author_model);
	const author *made = NULL;
	int64_t       id;

	assert_ok(weir_base_dao_create(&dao, &(author){ .name = name }, WEIR_SET(author, name), &made, &blog->err));
	id = made->id;
	author_release(&made);
	return id;
}

int64_t library_book(struct blog *blog, int64_t author_id, const char *title, int32_t year)
{
	weir_base_dao dao = weir_get_dao(blog->session, &book_model);
	const book   *made = NULL;
	book          values = { .title = title, .year = year };
	int64_t       id;

	if (author_id != 0)
		values.author_id = weir_some_i64(author_id);
	assert_ok(weir_base_dao_create(&dao, &values, WEIR_SET(book, author_id, title, year), &made, &blog->err));
	id = made->id;
	book_release(&made);
	return id;
}

int64_t library_worker(struct blog *blog, int64_t boss_id, const char *name)
{
	weir_base_dao dao = weir_get_dao(blog->session, &worker_model);
	const worker *made = NULL;
	worker        values = { .name = name };
	int64_t       id;

	if (boss_id != 0)
		values.boss_id = weir_some_i64(boss_id);
	assert_ok(weir_base_dao_create(&dao, &values, WEIR_SET(worker, boss_id, name), &made, &blog->err));
	id = made->id;
	worker_release(&made);
	return id;
}
