/* verify_reads.h: the reads' part of verify.c. */
#ifndef CHECK_VERIFY_READS_H
#define CHECK_VERIFY_READS_H

#include "verify.h"

/* Checks all reads in the logs; what writes demand is known and settled. */
void verify_reads(verifier *v, const check_shared *shared);

/* May a read between these times be older than what others had been given? */
bool verifier_is_blind(const verifier *v, int key, uint64_t begin_ns, uint64_t end_ns);

/* Who wrote a version in this round, for messages; "" if nobody did. */
const char *verifier_writer(const verifier *v, int64_t version, char *text, size_t size);

#endif
