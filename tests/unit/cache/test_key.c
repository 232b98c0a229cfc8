/* Keys: what stands in the store for what, and that no two things share one. */
#include "support/suite.h"

#include "base/hash.h"
#include "cache/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MOST 3

static weir_bytes logical_of(weir__buffer *key)
{
	ck_assert(!key->failed);
	return weir__bytes(key->data, key->length);
}

static const char *physical(const char *head, const char *logical, weir__key_slot slot)
{
	static char text[WEIR__KEY_MAX + 1];
	size_t length = weir__key_write(text, weir__bytes(head, strlen(head)), weir__bytes(logical, strlen(logical)), slot);

	text[length] = '\0';
	return text;
}

static const char *escaped(const char *part, size_t length)
{
	static char  text[1024];
	weir__buffer key = WEIR__BUFFER_INIT;

	weir__key_part(&key, part, length);
	ck_assert_uint_lt(key.length, sizeof text);
	memcpy(text, key.data ? key.data : "", key.length);
	text[key.length] = '\0';
	weir__buffer_release(&key);
	return text;
}

START_TEST(test_key__records_are_braced_as_a_whole)
{
	ck_assert_str_eq(physical("weir:", "user:id:42", WEIR__SLOT_WHOLE), "weir:{user:id:42}");
}
END_TEST

START_TEST(test_key__lists_and_stamps_are_braced_by_their_table)
{
	ck_assert_str_eq(physical("weir:", "users:q:list:id>3", WEIR__SLOT_FIRST), "weir:{users}:q:list:id>3");
	ck_assert_str_eq(physical("weir:", "users:s:any", WEIR__SLOT_FIRST), "weir:{users}:s:any");
	ck_assert_str_eq(physical("weir:", "odd", WEIR__SLOT_FIRST), "weir:{odd}");
}
END_TEST

START_TEST(test_key__the_prefix_is_the_head)
{
	char   head[WEIR__HEAD_MAX];
	size_t length = weir__key_head(head, "app");

	ck_assert(length == 4 && memcmp(head, "app:", 4) == 0);
}
END_TEST

START_TEST(test_key__parts_are_escaped)
{
	ck_assert_str_eq(escaped("ada@example.org", 15), "ada@example.org");
	ck_assert_str_eq(escaped("a:b{c}d%e f", 11), "a%3ab%7bc%7dd%25e%20f");
	ck_assert_str_eq(escaped("\0\n\x7f\xc3\xa9", 5), "%00%0a%7f%c3%a9");
	ck_assert_str_eq(escaped("", 0), "");
}
END_TEST

START_TEST(test_key__null_and_empty_and_their_names_differ)
{
	weir__buffer null_key = WEIR__BUFFER_INIT;

	weir__key_null(&null_key);
	ck_assert_str_eq(weir__buffer_text(&null_key), "%N");
	ck_assert_str_ne(escaped("", 0), "%N");
	ck_assert_str_ne(escaped("%N", 2), "%N");
	ck_assert_str_ne(escaped("NULL", 4), "%N");
	weir__buffer_release(&null_key);
}
END_TEST

/* Tuple number n: one to three parts of up to four hostile characters each, or NULL. Different numbers, different tuples. */
static void write_tuple(uint64_t n, weir__buffer *key)
{
	static const char hostile[] = { ':', '{', '}', '%', '\0', 'N', 'h', '0' };
	const uint64_t    parts = n % PARTS_MOST + 1;

	weir__buffer_append_text(key, "t:c:");
	n /= PARTS_MOST;
	for (uint64_t i = 0; i < parts; i++) {
		char           part[4];
		const uint64_t length = n % 6;

		n /= 6;
		if (i > 0)
			weir__buffer_append_char(key, ':');
		for (uint64_t c = 0; c < length && length < 5; c++) {
			part[c] = hostile[n % sizeof hostile];
			n /= sizeof hostile;
		}
		if (length == 5)
			weir__key_null(key);
		else
			weir__key_part(key, part, (size_t)length);
	}
}

/* A tuple spelled without any ambiguity. */
static uint64_t tuple_identity(uint64_t n)
{
	uint64_t parts = n % PARTS_MOST + 1, digest = parts;

	n /= PARTS_MOST;
	for (uint64_t i = 0; i < parts; i++) {
		uint64_t length = n % 6;

		n /= 6;
		digest = weir__hash64(&(uint64_t[]){ digest, length }, 16, 1);
		for (uint64_t c = 0; c < length && length < 5; c++, n /= 8)
			digest = weir__hash64(&(uint64_t[]){ digest, n % 8 }, 16, 2);
	}
	return digest;
}

struct pair {
	uint64_t key[2];
	uint64_t tuple;
};

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key, 2 * sizeof(uint64_t));
}

START_TEST(test_key__a_million_hostile_tuples_share_no_key)
{
	enum { COUNT = 1000000 };
	struct pair *pairs = malloc(COUNT * sizeof *pairs);
	weir__buffer key = WEIR__BUFFER_INIT;
	char         out[WEIR__KEY_MAX];
	size_t       distinct = 1;

	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t n = i * 7919;
		size_t   length;

		weir__buffer_clear(&key);
		write_tuple(n, &key);
		length = weir__key_write(out, weir__bytes("w:", 2), logical_of(&key), WEIR__SLOT_WHOLE);
		pairs[i] = (struct pair){ { weir__hash64(out, length, 1), weir__hash64(out, length, 2) }, tuple_identity(n) };
	}
	qsort(pairs, COUNT, sizeof *pairs, compare);
	for (size_t i = 1; i < COUNT; i++) {
		if (compare(&pairs[i - 1], &pairs[i]) == 0)
			ck_assert_uint_eq(pairs[i - 1].tuple, pairs[i].tuple);
		else
			distinct++;
	}
	ck_assert_uint_gt(distinct, 100000);
	weir__buffer_release(&key);
	free(pairs);
}
END_TEST

START_TEST(test_key__long_keys_are_shortened_and_still_differ)
{
	enum { LENGTH = 5000 };
	char   logical[LENGTH], first[WEIR__KEY_MAX], second[WEIR__KEY_MAX];
	size_t first_length, second_length;

	memset(logical, 'x', sizeof logical);
	memcpy(logical, "users:q:list:", 13);
	for (size_t i = 13; i < LENGTH; i += 97) {
		first_length = weir__key_write(first, weir__bytes("weir:", 5), weir__bytes(logical, LENGTH), WEIR__SLOT_FIRST);
		logical[i] = 'y';
		second_length =
			weir__key_write(second, weir__bytes("weir:", 5), weir__bytes(logical, LENGTH), WEIR__SLOT_FIRST);
		ck_assert_uint_le(first_length, sizeof first);
		ck_assert_mem_eq(first, "weir:{users}:q:list:%h", 22);
		ck_assert(first_length != second_length || memcmp(first, second, first_length) != 0);
	}
}
END_TEST

START_TEST(test_key__no_length_exceeds_the_room)
{
	char   logical[600];
	char   out[WEIR__KEY_MAX];
	char   head[WEIR__HEAD_MAX];
	char   prefix[WEIR__PREFIX_MAX + 1];
	size_t head_length;

	memset(prefix, 'p', sizeof prefix - 1);
	prefix[WEIR__PREFIX_MAX] = '\0';
	head_length = weir__key_head(head, prefix);
	memset(logical, 'k', sizeof logical);
	for (size_t colon = 0; colon < 210; colon += 5)
		for (size_t length = colon + 1; length < sizeof logical; length += 7) {
			weir_bytes key = weir__bytes(logical, length);
			size_t     written;

			logical[colon] = ':';
			written = weir__key_write(out, weir__bytes(head, head_length), key, WEIR__SLOT_FIRST);
			ck_assert_uint_le(written, head_length + weir__key_capped(key) + 2);
			ck_assert_uint_le(written, sizeof out);
			logical[colon] = 'k';
		}
}
END_TEST

START_TEST(test_key__prefixes_are_printable_and_without_braces)
{
	char longest[WEIR__PREFIX_MAX + 2];

	memset(longest, 'p', sizeof longest);
	longest[WEIR__PREFIX_MAX + 1] = '\0';
	ck_assert(!weir__key_prefix_ok(longest));
	ck_assert(weir__key_prefix_ok(longest + 1));
	ck_assert(weir__key_prefix_ok("app:prod"));
	ck_assert(!weir__key_prefix_ok(""));
	ck_assert(!weir__key_prefix_ok("a{b"));
	ck_assert(!weir__key_prefix_ok("a}b"));
	ck_assert(!weir__key_prefix_ok("a b"));
	ck_assert(!weir__key_prefix_ok("\xc3\xa9"));
}
END_TEST

static const char *shown(const char *logical, weir__key_slot slot, uint64_t secret)
{
	static char text[WEIR__KEY_SHOWN];
	const char *key = physical("weir:", logical, slot);

	weir__key_show(text, weir__bytes("weir:", 5), weir__bytes(key, strlen(key)), secret);
	return text;
}

START_TEST(test_key__in_the_log_has_names_and_a_hash_and_no_value)
{
	char first[WEIR__KEY_SHOWN];

	snprintf(first, sizeof first, "%s", shown("user:email:ada@example.org", WEIR__SLOT_WHOLE, 1));
	ck_assert_int_eq(strncmp(first, "user:email:#", 12), 0);
	ck_assert_uint_eq(strlen(first), 20);
	ck_assert_str_eq(shown("user:email:ada@example.org", WEIR__SLOT_WHOLE, 1), first);
	ck_assert_str_ne(shown("user:email:bob@example.org", WEIR__SLOT_WHOLE, 1), first);
	ck_assert_str_ne(shown("user:email:ada@example.org", WEIR__SLOT_WHOLE, 2), first);
	ck_assert_ptr_null(strstr(shown("line:shop:canary:number:canary", WEIR__SLOT_WHOLE, 1), "canary"));
	ck_assert_ptr_null(strstr(shown("posts:s:user_id:canary", WEIR__SLOT_FIRST, 1), "canary"));
	ck_assert_int_eq(strncmp(shown("posts:q:list:canary", WEIR__SLOT_FIRST, 1), "posts:q:list:#", 14), 0);
	ck_assert_str_eq(shown("posts:s:any", WEIR__SLOT_FIRST, 1), "posts:s:any");
}
END_TEST

WEIR_SUITE("key", test_key__records_are_braced_as_a_whole, test_key__lists_and_stamps_are_braced_by_their_table,
           test_key__the_prefix_is_the_head, test_key__parts_are_escaped,
           test_key__null_and_empty_and_their_names_differ, test_key__a_million_hostile_tuples_share_no_key,
           test_key__long_keys_are_shortened_and_still_differ, test_key__no_length_exceeds_the_room,
           test_key__prefixes_are_printable_and_without_braces, test_key__in_the_log_has_names_and_a_hash_and_no_value);
