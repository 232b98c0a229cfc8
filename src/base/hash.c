/* SipHash-2-4, SipHash-1-3 of 128 bits, and random numbers from getrandom(2) or getentropy(3). */
#include "base/hash.h"

#include "base/clock.h"
#include "base/hash_state.h"

#include <string.h>
#if defined(__linux__)
#include <sys/random.h>
#else
#include <unistd.h>
#endif

static inline uint64_t load_le64(const unsigned char *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static inline uint64_t load_whole(const unsigned char *bytes)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	return word;
#else
	return load_le64(bytes, 8);
#endif
}

static inline void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	weir__hash_round(v);
	weir__hash_round(v);
	v[0] ^= word;
}

uint64_t weir__hash64(const void *bytes, size_t length, uint64_t seed)
{
	const unsigned char *at = bytes;
	uint64_t             v[4] = { seed ^ 0x736f6d6570736575u, ~seed ^ 0x646f72616e646f6du, seed ^ 0x6c7967656e657261u,
		                          ~seed ^ 0x7465646279746573u };
	uint64_t             last = (uint64_t)length << 56;

	for (size_t left = length; left >= 8; left -= 8, at += 8)
		absorb(v, load_whole(at));
	absorb(v, last | load_le64(at, length & 7));
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		weir__hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The up to 7 bytes at the end of a text, as load_le64 reads them. A longer text is read again from 8 before its end. */
static inline uint64_t load_tail(const unsigned char *at, size_t count, size_t length)
{
	if (length < 8 || count == 0)
		return load_le64(at, count);
	return load_whole(at + count - 8) >> (8 * (8 - count));
}

weir__hash128 weir__hash128_of(const void *bytes, size_t length, weir__hash128 key)
{
	const unsigned char *at = bytes;
	weir__hash_state     state = weir__hash_begin(key);

	for (size_t left = length; left >= 8; left -= 8, at += 8)
		weir__hash_add(&state, load_whole(at));
	weir__hash_add(&state, (uint64_t)length << 56 | load_tail(at, length & 7, length));
	return weir__hash_end(&state);
}

uint64_t weir__random_u64(void)
{
	uint64_t number;

#if defined(__linux__)
	if (getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number)
		return number;
#else
	if (getentropy(&number, sizeof number) == 0)
		return number;
#endif
	int64_t now = weir__now_us();
	return weir__hash64(&now, sizeof now, (uint64_t)(uintptr_t)&number);
}
