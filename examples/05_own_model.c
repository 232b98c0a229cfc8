/* 05_own_model: a table of one's own, here with a primary key of two columns, as a struct, a descriptor and the
 * base_dao. docs/add-a-model.md goes on from here to a typed DAO in files of its own. */
#include <weir/weir.h>

#include <stdio.h>
#include <stdlib.h>

static const char create_table[] = "CREATE TABLE stock (shop integer, article varchar(20), pieces bigint NOT NULL, "
								   "price numeric(8, 2) NOT NULL, PRIMARY KEY (shop, article))";

typedef struct stock {
	int32_t      shop;
	const char  *article;
	int64_t      pieces;
	weir_numeric price;
} stock;

WEIR_RECORD(stock) /* stock_list, stock_release() and so on */

static const weir_field stock_fields[] = {
	WEIR_FIELD(stock, shop, .primary_key = true, .stamped = true), /* lists of one shop outlive changes in others */
	WEIR_FIELD(stock, article, .primary_key = true, .max_length = 20),
	WEIR_FIELD(stock, pieces),
	WEIR_FIELD(stock, price),
};

static const weir_model stock_model = WEIR_MODEL(stock, "stock", stock_fields, .cache = { .ttl_s = 60 });

static const weir_i32_column stock_shop = WEIR_I32_COLUMN(stock, shop);

/* The base_dao's update with a rule of this model's own before it. */
static int set_pieces(const weir_base_dao *dao, const stock *key, int64_t pieces, weir_error *err)
{
	if (pieces < 0)
		return WEIR_ERR_CHECK;
	return weir_base_dao_update(dao, key, &(stock){ .pieces = pieces }, WEIR_SET(stock, pieces), NULL, err);
}

static int trade(weir_session *session, weir_error *err)
{
	static const stock opening[] = { { 1, "apple", 50, { "0.40" } },
		                             { 1, "pear", 7, { "0.55" } },
		                             { 2, "apple", 9, { "0.45" } } };
	weir_base_dao      dao = weir_get_dao(session, &stock_model);
	stock              key = { .shop = 1, .article = "pear" };
	stock_list         shelf = WEIR_LIST_INIT;
	const stock       *pears = NULL;
	int                rc = weir_run_script(session, create_table, err);

	if (rc == WEIR_OK)
		rc = weir_base_dao_create_many(&dao, opening, 3, weir_set_all(&stock_model), NULL, err);
	if (rc == WEIR_OK)
		rc = set_pieces(&dao, &key, 6, err);
	if (rc == WEIR_OK && set_pieces(&dao, &key, -1, err) == WEIR_ERR_CHECK)
		printf("less than nothing is refused\n");
	if (rc == WEIR_OK)
		rc = weir_base_dao_get_by_id_cached(&dao, &key, &pears, err);
	if (rc == WEIR_OK)
		rc = weir_base_dao_get_all_cached(&dao, WEIR_QUERY(.where = weir_eq(stock_shop, 1)), &shelf, err);
	if (rc == WEIR_OK)
		printf("pears in shop 1: %d at %s, articles there: %zu\n", (int)pears->pieces, pears->price.text, shelf.count);
	stock_release(&pears);
	stock_list_release(&shelf);
	if (rc == WEIR_OK)
		rc = weir_run_script(session, "DROP TABLE stock", err);
	if (rc == WEIR_OK) /* the cache does not notice what a script does */
		rc = weir_cache_manager_flush(weir_session_cache(session), &stock_model, err);
	return rc;
}

int main(void)
{
	weir_error    err = WEIR_ERROR_INIT;
	weir_session *session = NULL;
	weir_options  options = {
		 .postgres = getenv("DATABASE_URL"),
		 .redis = getenv("REDIS_URL"),
		 .models = (const weir_model *const[]){ &stock_model, NULL },
		 .schema = getenv("BLOG_SCHEMA"),
		 .cache_prefix = getenv("BLOG_PREFIX"),
		 .lazy = true, /* the table is made by this program, so it cannot be compared when the session is opened */
	};
	int rc = weir_open(&options, &session, &err);

	if (rc == WEIR_OK)
		rc = trade(session, &err);
	if (rc != WEIR_OK)
		fprintf(stderr, "%s\n", err.message);
	weir_close(&session);
	return rc == WEIR_OK ? 0 : 1;
}

/* Prints:
 * less than nothing is refused
 * pears in shop 1: 6 at 0.55, articles there: 2
 */
