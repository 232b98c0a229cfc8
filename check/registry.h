/* registry.h: the table that is checked. The database gives each change of a row a version of its own, under the
 * row's lock, so that the versions of a key are in the order of the commits; and it keeps a ledger of all versions
 * that were committed, deletions included. */
#ifndef CHECK_REGISTRY_H
#define CHECK_REGISTRY_H

#include <weir/weir.h>

enum {
	KEYS = 64,           /* 0 to 63 */
	GROUPS = 8,          /* what rows move between; lists and counts are by group */
	NAMES = KEYS / 2 * 3 /* unique; two neighbouring keys take theirs from the same three */
};

typedef struct reg {
	int64_t     k;
	int64_t     ver;   /* the database's */
	const char *owner; /* says the key again: a value of another key shows itself */
	int32_t     grp;
	const char *name;
	int64_t     tag; /* which write made this version */
} reg;

/* What rows belong to: one for each group, which has many of them. */
typedef struct crew {
	int32_t grp;
} crew;

WEIR_RECORD(reg)
WEIR_RECORD(crew)

extern weir_model       reg_model; /* not constant: some workers gather its writes */
extern const weir_model crew_model;
extern const struct reg_columns {
	weir_i64_column  k;
	weir_i32_column  grp;
	weir_text_column name;
} reg_c;
extern const struct crew_columns {
	weir_i32_column grp;
} crew_c;

/* Makes the table, its triggers, the ledger, and all rows. */
extern const char reg_schema[];

enum { REG_TEXT = 16 };

const char *reg_owner(int64_t key, char text[REG_TEXT]);
const char *reg_name(int name, char text[REG_TEXT]);
/* The number in a name; -1 if it is none. */
int reg_name_number(const char *name);

/* The names that a key may have: this one and the next two. */
static inline int reg_first_name(int64_t key)
{
	return (int)(key / 2 * 3);
}

/* With an outbox these rows are written rarely, and only while their writer does not reach Redis: nobody else's write, but a relay, makes
 * good what it could not tell the cache. */
static inline bool reg_is_rare(int64_t key)
{
	return key % 4 == 1 && key > 8;
}

/* Rows of these keys come and go; each has one thread that creates and deletes it. */
static inline bool reg_comes_and_goes(int64_t key)
{
	return key % 4 == 3;
}

#endif
