/* A unique field: its entry points to a record, nobody guards the entry, and whoever follows it looks whether the record still
 * has the value. Two records, 0 and 1; at most one of them has the value at a time.
 *
 * Every COMMIT here changes the record that has the value, or had it, so that a record's version is also the version of the
 * answer to "who has the value?". S1 and S2 as in keys.pml, for that answer. The pointer that is followed may say anything at all: what
 * holds here holds for any way of keeping pointers. README.md has the rest.
 */
#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 3
#endif
#ifndef WRITES
#define WRITES 2
#endif

#define LAST (WRITERS * WRITES)
#define BIT(i) (1 << (i))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define NOBODY 2

#ifdef LOSE
#define MAY_LOSE(members) true
#else
#define MAY_LOSE(members) (((members) & unsettled) == 0)
#endif

mtype = { NOTHING, VALUE, LEASE, GUARD };
mtype held[2] = NOTHING;
byte what[2];          /* VALUE: the record's version. LEASE: the reader. GUARD: its members */
bool has[2];           /* VALUE: the record as it is there has the value */

byte db;
byte owner;            /* who has the value: 0, 1 or NOBODY */
byte record[2];        /* the versions of the records */
byte acked, seen;
byte unsettled;
bool locked;           /* the rows and the unique index let one write after the other through */
byte pointer = NOBODY; /* only for the seeded mistake */

inline put(r, kind, content)
{
	held[r] = kind;
	what[r] = content;
	has[r] = false
}

/* ---- Writers --------------------------------------------------------------------------------------------------- */

inline guard(r, member)
{
	what[r] = (held[r] == GUARD -> what[r] | (member) : (member));
	held[r] = GUARD;
	has[r] = false
}

inline release(r, member)
{
	if
	:: held[r] == GUARD && (what[r] & ~(member)) -> what[r] = what[r] & ~(member)
	:: !(held[r] == GUARD && (what[r] & ~(member))) -> put(r, NOTHING, 0)
	fi
}

#define MINE BIT(me * WRITES + round)

inline settle()
{
	unsettled = unsettled & ~MINE;
	locked = false
}

inline commit()
{
	db = db + 1;
	owner = next;
	if
	:: touches & 1 -> record[0] = db
	:: else
	fi;
	if
	:: touches & 2 -> record[1] = db
	:: else
	fi;
	settle()
}

inline over()
{
	version = 0;
	touches = 0;
	next = 0;
	round = round + 1
}

proctype Writer(byte me)
{
	byte version, round, next;
	byte touches; /* a bit for each record */

end_idle:
	atomic {
		!locked && round < WRITES -> locked = true;
		unsettled = unsettled | MINE;
		if
		:: owner == NOBODY -> next = 0; touches = 1            /* one takes the value */
		:: owner == NOBODY -> next = 1; touches = 2
		:: owner < NOBODY -> next = owner; touches = BIT(owner)  /* something else of it changes */
		:: owner < NOBODY -> next = NOBODY; touches = BIT(owner) /* it gives the value up, or is deleted */
		:: owner < NOBODY -> next = 1 - owner; touches = 3       /* the value goes over, in one transaction */
		fi;
		if
		:: touches & 1 -> guard(0, MINE)
		:: else
		fi
	}
	atomic {
		if
		:: touches & 2 -> guard(1, MINE)
		:: else
		fi
	}
	atomic {
		if
		:: true -> commit(); version = db
#ifdef ROLLBACK
		:: true -> settle()
#endif
#ifdef CRASH
		:: true -> settle(); over(); goto end_idle
		:: goto unknown
#endif
		fi
	}
	atomic {
		if
		:: touches & 1 -> release(0, MINE)
		:: else
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
		fi
	}
	atomic {
		if
		:: touches & 2 -> release(1, MINE)
		:: else
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
		fi;
		acked = MAX(acked, version);
		over();
		goto end_idle
	}
unknown:
	atomic {
		if
		:: true -> commit()
		:: true -> settle()
		fi;
		over();
		goto end_idle
	}
}

/* ---- Readers --------------------------------------------------------------------------------------------------- */

inline given(version)
{
#ifdef S1
	assert(version >= acked);
#endif
#ifdef S2
	assert(version >= seen);
#endif
#ifdef REACH
	assert(version < LAST);
#endif
	seen = MAX(seen, version)
}

#ifdef POINTER_UNCHECKED
#define FOLLOWED(r) (pointer == r && held[r] == VALUE)
#else
#define FOLLOWED(r) (held[r] == VALUE && has[r])
#endif

proctype Reader(byte me)
{
	byte version, r;
	bool with;

end:	do
	/* by the value: a hit; everything else asks the database, which World does */
	:: atomic { FOLLOWED(0) -> given(what[0]) }
	:: atomic { FOLLOWED(1) -> given(what[1]) }
#ifdef POINTER_UNCHECKED
	:: atomic { pointer == NOBODY && owner < NOBODY -> r = owner }
		atomic { pointer = r; r = 0 }
#endif
	/* a record that is missing, whether it is asked for by its key or by the value */
	:: atomic {
			if
			:: held[0] == NOTHING -> r = 0
			:: held[1] == NOTHING -> r = 1
			fi;
			put(r, LEASE, me) }
		atomic { version = record[r]; with = (owner == r) }
		atomic {
			if
			:: held[r] == LEASE && what[r] == me -> put(r, VALUE, version); has[r] = with
			:: else
			fi;
			version = 0; with = false; r = 0
		}
	od
}

/* ---- The world around them -------------------------------------------------------------------------------------- */

inline expire(r, i)
{
	what[r] = what[r] & ~BIT(i);
	if
	:: what[r] == 0 -> held[r] = NOTHING
	:: else
	fi
}

#define GOES(r) \
	atomic { (held[r] == VALUE || held[r] == LEASE || (held[r] == GUARD && MAY_LOSE(what[r]))) -> put(r, NOTHING, 0) }
#define EXPIRES(i) \
	atomic { held[0] == GUARD && (what[0] & BIT(i)) && MAY_LOSE(BIT(i)) -> expire(0, i) } \
	:: atomic { held[1] == GUARD && (what[1] & BIT(i)) && MAY_LOSE(BIT(i)) -> expire(1, i) }

active proctype World()
{
end:	do
	:: GOES(0)
	:: GOES(1)
	:: EXPIRES(0)
#if LAST > 1
	:: EXPIRES(1)
#endif
#if LAST > 2
	:: EXPIRES(2)
#endif
#if LAST > 3
	:: EXPIRES(3)
#endif
	:: atomic { seen != db -> seen = db }
	od
}

init
{
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) { run Writer(i) }
		for (i : 0 .. READERS - 1) { run Reader(i) }
		i = 0
	}
}
