/* Envelopes: the format is pinned, and nothing that is not exactly one is read as one. */
#include "support/suite.h"

#include "cache/envelope.h"
#include "cache/key.h"

#include <stdlib.h>
#include <string.h>

static const weir__envelope sample = {
	.kind = 'V',
	.token = 0x0123456789abcdef,
	.fingerprint = 0xfedcba9876543210,
	.items = 3,
	.key = { "user:id:42", 10 },
	.payload = { "{\"id\":42}", 9 },
	.stamp_count = 2,
	.stamps = { 0x1111111111111111, 0xffffffffffffffff },
};

static const char sample_text[] = "V1 0123456789abcdef fedcba9876543210 0000000000000003 00000009 00000a 2 "
								  "1111111111111111 ffffffffffffffff user:id:42\n{\"id\":42}";

static weir__buffer written(const weir__envelope *envelope)
{
	weir__buffer out = WEIR__BUFFER_INIT;

	weir__envelope_write(envelope, &out);
	ck_assert(!out.failed);
	return out;
}

static void assert_same(const weir__envelope *a, const weir__envelope *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->token, b->token);
	ck_assert_uint_eq(a->fingerprint, b->fingerprint);
	ck_assert_uint_eq(a->items, b->items);
	ck_assert_uint_eq(a->key.length, b->key.length);
	ck_assert_mem_eq(a->key.data, b->key.data, a->key.length);
	ck_assert_uint_eq(a->payload.length, b->payload.length);
	if (a->payload.length)
		ck_assert_mem_eq(a->payload.data, b->payload.data, a->payload.length);
	ck_assert_uint_eq(a->stamp_count, b->stamp_count);
	ck_assert_mem_eq(a->stamps, b->stamps, a->stamp_count * sizeof a->stamps[0]);
}

START_TEST(test_envelope__looks_as_it_always_did)
{
	weir__buffer out = written(&sample);

	ck_assert_uint_eq(out.length, sizeof sample_text - 1);
	ck_assert_mem_eq(out.data, sample_text, out.length);
	weir__buffer_release(&out);
}
END_TEST

START_TEST(test_envelope__comes_back_as_it_went)
{
	for (size_t stamps = 0; stamps <= WEIR__ENVELOPE_STAMPS; stamps++)
		for (size_t kind = 0; kind < 3; kind++) {
			weir__envelope given = sample, read;
			weir__buffer   out;

			given.kind = "VNO"[kind];
			given.stamp_count = stamps;
			for (size_t i = 0; i < stamps; i++)
				given.stamps[i] = i * 77 + 1;
			given.payload.length = kind == 1 ? 0 : given.payload.length;
			out = written(&given);
			ck_assert(weir__envelope_read(weir__bytes(out.data, out.length), &read));
			assert_same(&given, &read);
			weir__buffer_release(&out);
		}
}
END_TEST

START_TEST(test_envelope__is_appended_to_what_is_there)
{
	weir__buffer   out = written(&sample);
	weir__envelope read;

	weir__envelope_write(&sample, &out);
	ck_assert_uint_eq(out.length, 2 * (sizeof sample_text - 1));
	ck_assert(weir__envelope_read(weir__bytes(out.data + out.length / 2, out.length / 2), &read));
	assert_same(&sample, &read);
	weir__buffer_release(&out);
}
END_TEST

/* Each truncation in a block of its own, so that a read beyond the end is noticed. */
START_TEST(test_envelope__no_truncation_is_one)
{
	weir__envelope read;

	for (size_t length = 0; length < sizeof sample_text - 1; length++) {
		char *copy = malloc(length + 1);

		memcpy(copy, sample_text, length);
		copy = realloc(copy, length ? length : 1);
		ck_assert_msg(!weir__envelope_read(weir__bytes(copy, length), &read), "cut to %zu bytes", length);
		free(copy);
	}
}
END_TEST

START_TEST(test_envelope__nothing_may_follow)
{
	char           longer[sizeof sample_text];
	weir__envelope read;

	memcpy(longer, sample_text, sizeof longer);
	ck_assert(!weir__envelope_read(weir__bytes(longer, sizeof longer), &read));
}
END_TEST

static bool is_unchanged(const weir__envelope *read)
{
	return read->kind == sample.kind && read->fingerprint == sample.fingerprint &&
	       read->key.length == sample.key.length && memcmp(read->key.data, sample.key.data, sample.key.length) == 0 &&
	       read->payload.length == sample.payload.length && read->stamp_count == sample.stamp_count &&
	       memcmp(read->stamps, sample.stamps, 2 * sizeof sample.stamps[0]) == 0;
}

/* What decides about validity cannot change without being noticed; token, items and payload are others' to check. */
START_TEST(test_envelope__no_flipped_bit_passes_for_the_same_entry)
{
	size_t accepted = 0;

	for (size_t bit = 0; bit < 8 * (sizeof sample_text - 1); bit++) {
		char           flipped[sizeof sample_text];
		weir__envelope read;
		size_t         at = bit / 8;
		bool           is_free = (at >= 3 && at < 19) || (at >= 37 && at < 53) || at >= sizeof sample_text - 1 - 9;

		memcpy(flipped, sample_text, sizeof flipped);
		flipped[at] = (char)(flipped[at] ^ (1 << bit % 8));
		if (!weir__envelope_read(weir__bytes(flipped, sizeof flipped - 1), &read))
			continue;
		accepted++;
		ck_assert_msg(is_free || !is_unchanged(&read), "bit %zu of byte %zu", bit % 8, at);
	}
	ck_assert_uint_gt(accepted, 0);
}
END_TEST

START_TEST(test_envelope__one_too_large_to_say_so_is_refused)
{
	weir__envelope large = sample;
	weir__buffer   out = WEIR__BUFFER_INIT;

	large.payload.length = (size_t)UINT32_MAX + 1;
	weir__envelope_write(&large, &out);
	ck_assert(out.failed);
	weir__buffer_clear(&out);
	large.payload.length = 0;
	large.key.length = WEIR__ENVELOPE_KEY_MAX + 1;
	weir__envelope_write(&large, &out);
	ck_assert(out.failed);
	weir__buffer_release(&out);
}
END_TEST

START_TEST(test_envelope__two_fills_differ_in_what_is_seen)
{
	weir__envelope other = sample;
	weir__buffer   a, b;

	other.token++;
	a = written(&sample);
	b = written(&other);
	ck_assert(memcmp(a.data, b.data, WEIR__SEEN_SIZE) != 0);
	weir__buffer_release(&a);
	weir__buffer_release(&b);
}
END_TEST

START_TEST(test_stamp__is_read_strictly)
{
	char     text[WEIR__STAMP_SIZE + 1] = "";
	uint64_t stamp = 0;

	weir__stamp_write(0xabcdef, text);
	ck_assert_str_eq(text, "S0000000000abcdef");
	ck_assert(weir__stamp_read(weir__bytes(text, WEIR__STAMP_SIZE), &stamp));
	ck_assert_uint_eq(stamp, 0xabcdef);
	ck_assert(!weir__stamp_read(weir__bytes(text, WEIR__STAMP_SIZE - 1), &stamp));
	ck_assert(!weir__stamp_read(weir__bytes(text, WEIR__STAMP_SIZE + 1), &stamp));
	ck_assert(!weir__stamp_read(weir__bytes("S0000000000000000", WEIR__STAMP_SIZE), &stamp));
	ck_assert(!weir__stamp_read(weir__bytes("S0000000000ABCDEF", WEIR__STAMP_SIZE), &stamp));
	ck_assert(!weir__stamp_read(weir__bytes("V0000000000abcdef", WEIR__STAMP_SIZE), &stamp));
}
END_TEST

WEIR_SUITE("envelope", test_envelope__looks_as_it_always_did, test_envelope__comes_back_as_it_went,
           test_envelope__is_appended_to_what_is_there, test_envelope__no_truncation_is_one,
           test_envelope__nothing_may_follow, test_envelope__no_flipped_bit_passes_for_the_same_entry,
           test_envelope__one_too_large_to_say_so_is_refused, test_envelope__two_fills_differ_in_what_is_seen,
           test_stamp__is_read_strictly);
