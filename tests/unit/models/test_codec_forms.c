/* What the codec reads: of every value the one form that it writes, and no other. */
#include "support/suite.h"
#include "unit/models/codec_bytes.h"

#define XS "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* The value between what stands around it. */
static void assert_note(const weir__layout *layout, const char *head, const char *value, const char *tail, bool good)
{
	weir__buffer text = WEIR__BUFFER_INIT;
	const void  *record = NULL;

	weir__buffer_appendf(&text, "%s%s%s", head, value, tail);
	if (good) {
		ck_assert_msg(decode_copy(layout, text.data, text.length, &record) == WEIR_OK, "refused: %s", text.data);
		(void)weir_record_release(record);
	} else {
		assert_refused(layout, text.data, text.length);
	}
	weir__buffer_release(&text);
}

START_TEST(test_decode__texts_have_one_form)
{
	static const char *const good[] = { "\"\"",
		                                "\"a/b\"",
		                                "\"\\\"\\\\\\b\\f\\n\\r\\t\"",
		                                "\"\\u0001\\u001f\x7f\"",
		                                "\"\xc2\x80\xe2\x82\xac\xf0\x9f\x98\x80\"",
		                                "\"aaaaaaaaaaaaaaa\\u0001aaaaaaaaaaaaaaaaaaaaaaa\"" };
	/* clang-format off */
	static const char *const bad[] = {
		"\"\\/\"", "\"\\u0000\"", "\"\\u000a\"", "\"\\u0041\"", "\"\\u001F\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"",
		"\"\\ud83d\"", "\"\\x41\"", "\"\\\"", "\"\\", "\"\\u", "\"\\u00", "\"\\u001\"", "\"", "", "\"\n\"",
		"\"\x1f\"", "\"\xc0\x80\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"",
		"\"\xc3\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\"", "\"\x80\"", "x", "'a'", "1", "null", "\"a\" ", " \"a\"",
		"\"a\"\"b\"", "[]"
	};
	/* clang-format on */
	weir__layout *layout = layout_of(&note_model);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_note(layout, "{\"id\":1,\"title\":", good[i], ",\"body\":null,\"data\":null}", true);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_note(layout, "{\"id\":1,\"title\":", bad[i], ",\"body\":null,\"data\":null}", false);
	assert_refused(layout, "{\"id\":1,\"title\":\"\0\",\"body\":null,\"data\":null}", 42);
	weir__layout_free(layout);
}
END_TEST

/* Blocks are looked at as long as there are any, the rest byte by byte: a text at every distance from where that changes. */
START_TEST(test_decode__utf8_is_looked_at_everywhere)
{
	static const struct {
		const char *bytes;
		bool        good;
	} pieces[] = {
		{ "\xc3\xa9", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xc3\xa9\\n\xc3\xa9", true },
		{ "\xc3\\n\xa9", false },
		{ "\xe2\x82\\u0001\xac", false },
		{ "\xc3", false },
		{ "\xe2\x82", false },
		{ "\xf0\x9f\x98", false },
		{ "\xa9", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
	};
	static const char *const tails[] = { ",\"body\":null,\"data\":null}", ",\"body\":\"\",\"data\":null}" };
	weir__layout            *layout = layout_of(&note_model);
	weir__buffer             value = WEIR__BUFFER_INIT;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
		for (size_t before = 0; before < 36; before++)
			for (size_t after = 0; after < 36; after++) {
				weir__buffer_clear(&value);
				weir__buffer_appendf(&value, "\"%.*s%s%.*s\"", (int)before, XS, pieces[i].bytes, (int)after, XS);
				assert_note(layout, "{\"id\":1,\"title\":", value.data, tails[after % 2], pieces[i].good);
				assert_note(layout, "{\"id\":1,\"title\":\"\",\"body\":", value.data, ",\"data\":null}",
				            pieces[i].good);
			}
	weir__buffer_release(&value);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__whole_numbers_have_one_form)
{
	/* clang-format off */
	static const char *const good[] = {
		"0", "-1", "9007199254740992", "-9007199254740992", "\"9007199254740993\"", "\"9223372036854775807\"",
		"\"-9223372036854775808\""
	};
	static const char *const bad[] = {
		"-0", "00", "01", "-01", "+1", "1.0", "1e3", "", "-", " 1", "1 ", "0x1", "\"1\"", "true", "9007199254740993",
		"-9007199254740993", "\"9007199254740992\"", "\"9223372036854775808\"", "\"-9223372036854775809\"",
		"99999999999999999999999", "\"99999999999999999999999\"", "\"09007199254740993\"", "\"9007199254740993",
		"null", "\"\"", "1\""
	};
	/* clang-format on */
	weir__layout *layout = layout_of(&note_model);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_note(layout, "{\"id\":", good[i], ",\"title\":\"\",\"body\":null,\"data\":null}", true);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_note(layout, "{\"id\":", bad[i], ",\"title\":\"\",\"body\":null,\"data\":null}", false);
	weir__layout_free(layout);
	layout = layout_of(&reading_model);
	assert_note(layout, "{\"id\":", "-32768", ",\"value\":0}", true);
	assert_note(layout, "{\"id\":", "32768", ",\"value\":0}", false);
	assert_note(layout, "{\"id\":", "-32769", ",\"value\":0}", false);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__doubles_have_one_form)
{
	/* clang-format off */
	static const char *const good[] = {
		"0", "-0", "1", "1.5", "-0.0001", "1e-05", "1.5e-07", "9007199254740992", "1e+16", "1e+22",
		"0.30000000000000004", "1.7976931348623157e+308", "4.94065645841247e-324", "1000000000000000", "\"NaN\"",
		"\"Infinity\"", "\"-Infinity\""
	};
	static const char *const bad[] = {
		"1.0", "1.50", "01", "1e5", "1E+22", "1e22", "1e+022", ".5", "5.", "1e", "1e+", "-", "", "+1",
		"0.3000000000000000400", "0.30000000000000005", "1e999", "-1e999", "1e-400", "NaN", "Infinity", "\"nan\"",
		"\"inf\"", "\"NaN", "nan", "1,5", "0x1p3", "0.00001", "\"1\"", "null"
	};
	/* clang-format on */
	weir__layout *layout = layout_of(&reading_model);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_note(layout, "{\"id\":1,\"value\":", good[i], "}", true);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_note(layout, "{\"id\":1,\"value\":", bad[i], "}", false);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__members_are_exactly_those_of_the_layout)
{
	/* clang-format off */
	static const char *const bad[] = {
		"", "{}", "[]", "null", "{\"id\":1}", "{\"value\":0,\"id\":1}", "{\"id\":1,\"value\":0,\"x\":1}",
		"{\"id\":1,\"value\":0}}", "{\"id\":1,\"id\":1,\"value\":0}", "{\"ID\":1,\"value\":0}",
		"{\"id\":1, \"value\":0}", "{\"id\" :1,\"value\":0}", " {\"id\":1,\"value\":0}", "{\"id\":1,\"value\":0}\n",
		"{\"id\":1,\"value\":0,}", "{\"id\":1;\"value\":0}", "{\"id\":1,\"value\":0]",
		"{\"\\u0069d\":1,\"value\":0}", "{\"id\":1,\"value\":0}garbage", "{\"id\":true,\"value\":0}",
		"{\"id\":{},\"value\":0}"
	};
	/* clang-format on */
	weir__layout *layout = layout_of(&reading_model);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_refused(layout, bad[i], strlen(bad[i]));
	assert_refused(layout, "{\"id\":1,\"value\":0}", 19);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__a_million_brackets_are_refused_at_once)
{
	weir__layout *layout = layout_of(&note_model);
	weir__buffer  text = WEIR__BUFFER_INIT;
	const char    head[] = "{\"id\":1,\"title\":\"\",\"body\":null,\"data\":";

	weir__buffer_append_text(&text, head);
	for (int i = 0; i < 1000000; i++)
		weir__buffer_append_char(&text, '[');
	assert_refused(layout, text.data, text.length);
	assert_refused(layout, text.data + strlen(head), text.length - strlen(head));
	for (int i = 0; i < 1000000; i++)
		weir__buffer_append_char(&text, ']');
	weir__buffer_append_char(&text, '}');
	assert_refused(layout, text.data, text.length);
	weir__buffer_release(&text);
	weir__layout_free(layout);
}
END_TEST

START_TEST(test_decode__a_null_of_json_has_one_blank_before_it)
{
	weir__layout *layout = layout_of(&note_model);

	assert_note(layout, "{\"id\":1,\"title\":\"\",\"body\":null,\"data\":", " null", "}", true);
	assert_note(layout, "{\"id\":1,\"title\":\"\",\"body\":null,\"data\":", "  null", "}", false);
	assert_note(layout, "{\"id\":1,\"title\":\"\",\"body\":null,\"data\":", " 1", "}", false);
	assert_note(layout, "{\"id\":1,\"title\":\"\",\"body\":null,\"data\":", "null ", "}", false);
	weir__layout_free(layout);
}
END_TEST

WEIR_SUITE("models/codec_forms", test_decode__texts_have_one_form, test_decode__utf8_is_looked_at_everywhere,
           test_decode__whole_numbers_have_one_form, test_decode__doubles_have_one_form,
           test_decode__members_are_exactly_those_of_the_layout, test_decode__a_million_brackets_are_refused_at_once,
           test_decode__a_null_of_json_has_one_blank_before_it);
