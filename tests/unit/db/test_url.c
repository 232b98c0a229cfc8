/*
 * test_url.c: what a connection URL says to us is taken out of it, and nothing else.
 */
#include "db/url.h"

#include "support/suite.h"

#include <stdio.h>

START_TEST(test_url__ours_is_taken_and_the_rest_stays)
{
	static const struct {
		const char *given, *left, *value;
	} cases[] = {
		{ "postgresql://h/d?weir_statements=named", "postgresql://h/d", "named" },
		{ "postgres://h/d?weir_statements=a&sslmode=disable", "postgres://h/d?sslmode=disable", "a" },
		{ "postgresql://h/d?user=u&weir_statements=b&port=1", "postgresql://h/d?user=u&port=1", "b" },
		{ "postgresql://h/d?user=u&weir_statements=c", "postgresql://h/d?user=u", "c" },
		{ "postgresql://h/d?weir_statements=a&weir_statements=b", "postgresql://h/d", "b" },
		{ "postgresql://h/d?weir_statements=", "postgresql://h/d", "" },
		{ "postgresql://h/d?weir_statements=much_longer_than_there_is_room", "postgresql://h/d", "much_lo" },
		{ "postgresql://h/d?my_weir_statements=x", "postgresql://h/d?my_weir_statements=x", NULL },
		{ "postgresql://h/d?weir_statementsx=x", "postgresql://h/d?weir_statementsx=x", NULL },
		{ "postgresql://h/d", "postgresql://h/d", NULL },
		{ "host=h weir_statements=named", "host=h weir_statements=named", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char url[128], value[8] = "none";
		bool taken;

		snprintf(url, sizeof url, "%s", cases[i].given);
		taken = weir__url_take(url, "weir_statements", value, sizeof value);
		ck_assert_msg(taken == (cases[i].value != NULL), "%s", cases[i].given);
		ck_assert_str_eq(url, cases[i].left);
		ck_assert_str_eq(value, cases[i].value ? cases[i].value : "none");
	}
}
END_TEST

START_TEST(test_url__a_password_must_have_a_clear_end)
{
	static const char *const clear[] = {
		"postgresql://h/db",          "postgresql://u:p@h:1/db", "postgres://u:p%40x@h,i/db?a=b@c/d@e",
		"postgresql:///db?host=/a@b", "host=h password=a@b/c@d", "postgresql://u:p#x@h"
	};
	static const char *const unclear[] = { "postgresql://u:p@x@h/db", "postgresql://u:p/x@h/db",
		                                   "postgres://u:p@h/d@b" };

	for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++)
		ck_assert_msg(weir__url_is_clear(clear[i]), "%s", clear[i]);
	for (size_t i = 0; i < sizeof unclear / sizeof unclear[0]; i++)
		ck_assert_msg(!weir__url_is_clear(unclear[i]), "%s", unclear[i]);
}
END_TEST

WEIR_SUITE("url", test_url__ours_is_taken_and_the_rest_stays, test_url__a_password_must_have_a_clear_end);
