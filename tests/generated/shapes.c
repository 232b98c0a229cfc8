/* What shapes.sql has, through generated DAOs. */
#include "made.h"

static int32_t make_shop(const char *name)
{
	shop_dao    shops = get_shop_dao(session);
	const shop *made = NULL;
	int32_t     id;

	OK(shop_dao_create(&shops, &(shop){ .name = name }, WEIR_SET(shop, name), &made, &err));
	id = made->id;
	shop_release(&made);
	return id;
}

static void use_keys_of_several_columns(int32_t shop_id)
{
	invoice_dao       invoices = get_invoice_dao(session);
	invoice_line_dao  lines = get_invoice_line_dao(session);
	const invoice     keys[] = { { .shop_id = shop_id, .number = 8 }, { .shop_id = shop_id, .number = 7 } };
	const invoice    *found = NULL;
	invoice_list      list = WEIR_LIST_INIT;
	invoice_line_list of_invoice = WEIR_LIST_INIT;

	OK(invoice_dao_create(&invoices, &(invoice){ .shop_id = shop_id, .number = 7, .class_ = "fine" },
	                      weir_set_all(&invoice_model), NULL, &err));
	OK(invoice_dao_get_by_id_cached(&invoices, 7, shop_id, &found, &err));
	invoice_release(&found);
	OK(invoice_dao_get_by_class__cached(&invoices, "fine", &found, &err));
	OK(invoice_dao_get_many(&invoices, keys, 2, &list, &err));
	MUST(!list.items[0] && strcmp(list.items[1]->class_, "fine") == 0);
	OK(invoice_line_dao_create(&lines, &(invoice_line){ .shop_id = shop_id, .number = 7, .limit = 3 },
	                           weir_set_all(&invoice_line_model), NULL, &err));
	OK(invoice_line_dao_get_by_invoice_cached(&lines, 7, shop_id, 0, 10, &of_invoice, &err));
	MUST(of_invoice.count == 1);
	invoice_line_list_release(&of_invoice);
	OK(invoice_invoice_lines(session, found, &of_invoice, &err));
	MUST(of_invoice.count == 1 && of_invoice.items[0]->limit == 3);
	invoice_line_list_release(&of_invoice);
	OK(invoice_dao_delete(&invoices, 7, shop_id, NULL, &err)); /* with its lines, and the cache knows */
	OK(invoice_line_dao_get_by_invoice_cached(&lines, 7, shop_id, 0, 10, &of_invoice, &err));
	MUST(of_invoice.count == 0);
	invoice_list_release(&list);
	invoice_release(&found);
}

static void use_relations(int32_t shop_id)
{
	profile_dao    profiles = get_profile_dao(session);
	tag_dao        tags = get_tag_dao(session);
	letter_dao     letters = get_letter_dao(session);
	const shop     owner = { .id = shop_id };
	const profile *about = NULL;
	const tag     *made = NULL, *found = NULL;
	tag_list       of_shop = WEIR_LIST_INIT;
	letter_list    sent = WEIR_LIST_INIT;

	OK(profile_dao_create(&profiles, &(profile){ .shop_id = shop_id, .about = "us" }, weir_set_all(&profile_model),
	                      NULL, &err));
	OK(shop_profile(session, &owner, &about, &err));
	MUST(strcmp(about->about, "us") == 0);
	OK(tag_dao_create(&tags, &(tag){ .tag = "green", .weight = weir_some_i32(5) }, weir_set_all(&tag_model), &made,
	                  &err));
	OK(tag_dao_get_by_weight_cached(&tags, 5, &found, &err));
	OK(shop_tags_add(session, &owner, made, &err));
	OK(shop_tags(session, &owner, &of_shop, &err));
	MUST(of_shop.count == 1 && strcmp(of_shop.items[0]->tag, "green") == 0);
	OK(letter_dao_create(&letters, &(letter){ .sender_id = shop_id, .recipient_id = shop_id },
	                     WEIR_SET(letter, sender_id, recipient_id), NULL, &err));
	OK(shop_sender_letters(session, &owner, &sent, &err));
	MUST(sent.count == 1);
	letter_list_release(&sent);
	tag_list_release(&of_shop);
	tag_release(&found);
	tag_release(&made);
	profile_release(&about);
}

static void use_marks(void)
{
	account_dao    accounts = get_account_dao(session);
	const account *made = NULL, *found = NULL;

	for (int i = 0; i < 2; i++) { /* the address of a row that is hidden may be taken again */
		OK(account_dao_create(&accounts, &(account){ .email = "a@b" }, WEIR_SET(account, email), &made, &err));
		OK(account_dao_get_by_email_cached(&accounts, "a@b", &found, &err));
		MUST(found->id == made->id);
		account_release(&found);
		OK(account_dao_update(&accounts, made->id, &(account){ .kind = "x" }, WEIR_SET(account, kind), &found, &err));
		MUST(found->revision == 2 && found->touched.unix_us > made->touched.unix_us);
		OK(account_dao_delete(&accounts, made->id, NULL, &err));
		account_release(&found);
		account_release(&made);
	}
}

static void use_odd_names(void)
{
	odd_dao    odds = get_odd_dao(session);
	const odd *made = NULL;

	OK(odd_dao_create(&odds, &(odd){ .id = 1, .colour = "new\nline\\", .Mixed = "m" }, weir_set_all(&odd_model), &made,
	                  &err));
	MUST(strcmp(made->colour, "new\nline\\") == 0);
	odd_release(&made);
}

int main(int count, char **arguments)
{
	staff_list  nobody = WEIR_LIST_INIT;
	const staff boss = { .id = 1 };
	int32_t     id;

	open_session(arguments[count - 1]);
	id = make_shop("corner");
	use_keys_of_several_columns(id);
	use_relations(id);
	use_marks();
	use_odd_names();
	OK(staff_staffs(session, &boss, &nobody, &err));
	MUST(nobody.count == 0 && secret_model.per_principal);
	staff_list_release(&nobody);
	return close_session();
}
