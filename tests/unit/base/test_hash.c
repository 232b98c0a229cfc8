/* The hash is SipHash-2-4: values of another implementation, which was checked against those that the paper prints. */
#include "base/hash.h"
#include "support/suite.h"

#include <string.h>

static const struct {
	uint64_t seed;
	size_t   length; /* of the bytes 0, 1, 2 ... */
	uint64_t hash;
} known[] = {
	{ UINT64_C(0x0000000000000000), 0, UINT64_C(0x4d0617e48cf8737b) },
	{ UINT64_C(0x0000000000000000), 1, UINT64_C(0x21486ac81ab8e5f0) },
	{ UINT64_C(0x0000000000000000), 7, UINT64_C(0x6ceb26c9090c24eb) },
	{ UINT64_C(0x0000000000000000), 8, UINT64_C(0x30d885738bce1a9d) },
	{ UINT64_C(0x0000000000000000), 9, UINT64_C(0x668cf959b6c58d27) },
	{ UINT64_C(0x0000000000000000), 15, UINT64_C(0x1911d813b4d98022) },
	{ UINT64_C(0x0000000000000000), 63, UINT64_C(0x2f4565554981a652) },
	{ UINT64_C(0x0706050403020100), 0, UINT64_C(0xc60681632bdd202a) },
	{ UINT64_C(0x0706050403020100), 1, UINT64_C(0x6d86af43d77291e6) },
	{ UINT64_C(0x0706050403020100), 7, UINT64_C(0xfb28b650ba5297e8) },
	{ UINT64_C(0x0706050403020100), 8, UINT64_C(0xd71d1892171a9666) },
	{ UINT64_C(0x0706050403020100), 9, UINT64_C(0x139b30029787cbe8) },
	{ UINT64_C(0x0706050403020100), 15, UINT64_C(0x0f183b781153fc58) },
	{ UINT64_C(0x0706050403020100), 63, UINT64_C(0xaaf96120dbbd60f7) },
	{ UINT64_C(0xffffffffffffffff), 0, UINT64_C(0xa4e3fdab06a40925) },
	{ UINT64_C(0xffffffffffffffff), 1, UINT64_C(0x9979006651df2010) },
	{ UINT64_C(0xffffffffffffffff), 7, UINT64_C(0x13a98872a06c3585) },
	{ UINT64_C(0xffffffffffffffff), 8, UINT64_C(0xd71db6e97a78de3a) },
	{ UINT64_C(0xffffffffffffffff), 9, UINT64_C(0xa486f1cd6b1b7f18) },
	{ UINT64_C(0xffffffffffffffff), 15, UINT64_C(0xf2dc7966f780be6b) },
	{ UINT64_C(0xffffffffffffffff), 63, UINT64_C(0x0883b553804beb6d) },
};

START_TEST(test_hash__known_values)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		ck_assert_uint_eq(weir__hash64(bytes, known[i].length, known[i].seed), known[i].hash);
}
END_TEST

START_TEST(test_hash__does_not_depend_on_alignment)
{
	static const char text[] = "xxxxxxxxusers/by_id/42xxxxxxxx";
	char              moved[64];
	uint64_t          hash = weir__hash64(text + 8, 14, 7);

	for (size_t shift = 0; shift < 8; shift++) {
		memcpy(moved + shift, text + 8, 14);
		ck_assert_uint_eq(weir__hash64(moved + shift, 14, 7), hash);
	}
}
END_TEST

START_TEST(test_hash__zero_bytes_at_the_end_count)
{
	static const char zeros[16];
	uint64_t          seen[sizeof zeros];

	for (size_t length = 0; length < sizeof zeros; length++) {
		seen[length] = weir__hash64(zeros, length, 1);
		for (size_t before = 0; before < length; before++)
			ck_assert_uint_ne(seen[before], seen[length]);
	}
}
END_TEST

/* Each bucket of a table, by the bits that a near cache uses, has its share of ids that follow each other or lie far apart. */
START_TEST(test_pair__names_of_regular_numbers_spread)
{
	enum { NUMBERS = 1 << 16, BUCKETS = 1 << 8 };
	static const uint64_t steps[] = {
		1, 2, 64, 1000, UINT64_C(1) << 32, UINT64_C(1) << 48, UINT64_C(0x9e3779b97f4a7c15)
	};
	static const int shifts[] = { 0, 32, 40, 56 };

	for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++)
		for (size_t bits = 0; bits < 8; bits++) {
			uint32_t      counts[BUCKETS] = { 0 };
			weir__hash128 key = { weir__random_u64(), weir__random_u64() };

			for (uint64_t i = 0; i < NUMBERS; i++) {
				weir__hash128 name = weir__hash128_of_pair(7, i * steps[s], key);

				counts[((bits < 4 ? name.low : name.high) >> shifts[bits % 4]) % BUCKETS]++;
			}
			for (size_t i = 0; i < BUCKETS; i++)
				ck_assert_msg(counts[i] < 4 * NUMBERS / BUCKETS, "step %llu, bits %zu: %u in one of %d",
				              (unsigned long long)steps[s], bits, counts[i], BUCKETS);
		}
}
END_TEST

START_TEST(test_pair__names_differ_wherever_one_word_does)
{
	weir__hash128 key = { weir__random_u64(), weir__random_u64() };

	for (uint64_t i = 0; i < 64; i++)
		for (uint64_t k = 0; k < 64; k++) {
			uint64_t      first = UINT64_C(1) << i, second = UINT64_C(1) << k;
			weir__hash128 name = weir__hash128_of_pair(first, second, key);
			weir__hash128 turned = weir__hash128_of_pair(second, first, key);
			weir__hash128 other = weir__hash128_of_pair(first ^ second, second, key);

			ck_assert(i == k || name.low != turned.low || name.high != turned.high);
			ck_assert(name.low != other.low || name.high != other.high);
		}
}
END_TEST

START_TEST(test_random__numbers_differ)
{
	uint64_t numbers[32];

	for (size_t i = 0; i < 32; i++) {
		numbers[i] = weir__random_u64();
		for (size_t before = 0; before < i; before++)
			ck_assert_uint_ne(numbers[before], numbers[i]);
	}
}
END_TEST

WEIR_SUITE("base/hash", test_hash__known_values, test_hash__does_not_depend_on_alignment,
           test_hash__zero_bytes_at_the_end_count, test_pair__names_of_regular_numbers_spread,
           test_pair__names_differ_wherever_one_word_does, test_random__numbers_differ);
