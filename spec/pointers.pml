/* A unique field: its entry points to a record, and whoever follows it looks whether the record still has the value.
 * Two records, 0 and 1; at most one of them has the value at a time.
 *
 * Every COMMIT here changes the record that has the value, or had it, so that a record's version is also the version
 * of the answer to "who has the value?". S1 and S2 as in keys.pml, for that answer.
 *
 * Without POINTER, the pointer that is followed may say anything at all: what holds then holds for any way of
 * keeping pointers. With POINTER it is an entry like others, and with POINTER_TOUCHED every write of a record that
 * has the value, or had it, releases it too, which deletes it, without having guarded it. With POINTER_MOVED only those do that
 * change who has the value: another one, whose guard was lost and which is not released yet, may have moved it.
 */
#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 3
#endif
#ifndef WRITES
#define WRITES 1
#endif

#define LAST (WRITERS * WRITES)
#define BIT(i) (1 << (i))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define NOBODY 2
#define POINTER_KEY 2

#if defined(POINTER_TOUCHED) || defined(POINTER_MOVED)
#define POINTER
#endif

#ifdef LOSE
#define MAY_LOSE(members) true
#else
#define MAY_LOSE(members) (((members) & unsettled) == 0)
#endif

mtype = { NOTHING, VALUE, LEASE, GUARD };
mtype held[3] = NOTHING; /* the records' keys, the pointer's */
byte what[3];            /* VALUE: the record's version, or whom the pointer names. LEASE: the reader. GUARD: members */
bool has[3];             /* VALUE: the record as it is there has the value */

byte db;
byte owner;              /* who has the value: 0, 1 or NOBODY */
byte record[2];          /* the versions of the records */
byte acked, seen;
byte unsettled;
bool locked;             /* the rows and the unique index let one write after the other through */

inline put(k, kind, content)
{
	held[k] = kind;
	what[k] = content;
	has[k] = false
}

/* ---- Writers --------------------------------------------------------------------------------------------------- */

inline guard(k, member)
{
	what[k] = (held[k] == GUARD -> what[k] | (member) : (member));
	held[k] = GUARD;
	has[k] = false
}

inline release(k, member)
{
	if
	:: held[k] == GUARD && (what[k] & ~(member)) -> what[k] = what[k] & ~(member)
	:: !(held[k] == GUARD && (what[k] & ~(member))) -> put(k, NOTHING, 0)
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
	:: touches & BIT(0) -> record[0] = db
	:: else
	fi;
	if
	:: touches & BIT(1) -> record[1] = db
	:: else
	fi;
	settle()
}

inline over()
{
	version = 0;
	touches = 0;
	next = 0;
	at = 0;
	round = round + 1
}

inline skip_untouched()
{
	do
	:: at < 3 && !(touches & BIT(at)) -> at = at + 1
	:: else -> break
	od
}

proctype Writer(byte me)
{
	byte version, round, next, at;
	byte touches; /* a bit for each key */

end_idle:
	atomic {
		!locked && round < WRITES -> locked = true;
		unsettled = unsettled | MINE;
		if
		:: owner == NOBODY -> next = 0; touches = BIT(0)          /* one takes the value */
		:: owner == NOBODY -> next = 1; touches = BIT(1)
		:: owner < NOBODY -> next = owner; touches = BIT(owner)   /* something else of it changes */
		:: owner < NOBODY -> next = NOBODY; touches = BIT(owner)  /* it gives the value up, or is deleted */
		:: owner < NOBODY -> next = 1 - owner; touches = BIT(0) | BIT(1) /* the value goes over, in one transaction */
		fi;
#ifdef POINTER_TOUCHED
		touches = touches | BIT(POINTER_KEY);
#endif
#ifdef POINTER_MOVED
		touches = (owner == next -> touches : touches | BIT(POINTER_KEY));
#endif
		skip_untouched()
	}
	/* each guard, and each release, is a command of its own */
	do
	:: atomic { at < 3 ->
			if
			:: at == POINTER_KEY
			:: else -> guard(at, MINE)
			fi;
			at = at + 1; skip_untouched() }
	:: atomic { at == 3 ->
			at = 0;
			skip_untouched();
			if
			:: true -> commit(); version = db; break
#ifdef ROLLBACK
			:: true -> settle(); break
#endif
#ifdef CRASH
			:: true -> settle(); over(); goto end_idle
			:: true -> goto unknown
#endif
			fi
		}
	od;
	do
	:: atomic { at < 3 -> release(at, MINE); at = at + 1; skip_untouched() }
	:: atomic { at == 3 -> acked = MAX(acked, version); over(); goto end_idle }
#ifdef CRASH
	:: atomic { true -> over(); goto end_idle }
#endif
	od;
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

/* An answer without the value is older than anything. */
inline given(version, with, must, mono)
{
#ifdef S1
	assert(with && version >= must);
#endif
#ifdef S2
	assert(with && version >= mono);
#endif
#ifdef REACH
	assert(version < LAST || acked < LAST);
#endif
	seen = MAX(seen, version)
}

#ifdef POINTER_UNCHECKED
#define FITS(k) (held[k] == VALUE)
#else
#define FITS(k) (held[k] == VALUE && has[k])
#endif

proctype Reader(byte me)
{
	byte r, version, acked_then, seen_then;
	bool with;

end:	do
	/* by the value: a hit; everything else asks the database, which World does */
#ifdef POINTER
	:: atomic { held[POINTER_KEY] == VALUE -> r = what[POINTER_KEY]; acked_then = acked; seen_then = seen }
		atomic {
			if
			:: FITS(r) -> given(what[r], has[r], acked_then, seen_then)
			:: else
			fi;
			r = 0; acked_then = 0; seen_then = 0
		}
	:: atomic { held[POINTER_KEY] == NOTHING -> put(POINTER_KEY, LEASE, me) }
		r = owner;
		atomic {
			if
			:: held[POINTER_KEY] == LEASE && what[POINTER_KEY] == me && r < NOBODY -> put(POINTER_KEY, VALUE, r)
			:: else
			fi;
			r = 0
		}
#else
	:: atomic { FITS(0) -> given(what[0], has[0], acked, seen) }
	:: atomic { FITS(1) -> given(what[1], has[1], acked, seen) }
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

inline expire(k, i)
{
	what[k] = what[k] & ~BIT(i);
	if
	:: what[k] == 0 -> held[k] = NOTHING
	:: else
	fi
}

#define GOES(k) \
	atomic { (held[k] == VALUE || held[k] == LEASE || (held[k] == GUARD && MAY_LOSE(what[k]))) -> put(k, NOTHING, 0) }
#define EXPIRES(k, i) atomic { held[k] == GUARD && (what[k] & BIT(i)) && MAY_LOSE(BIT(i)) -> expire(k, i) }

active proctype World()
{
end:	do
	:: GOES(0)
	:: GOES(1)
	:: EXPIRES(0, 0)
	:: EXPIRES(1, 0)
#if LAST > 1
	:: EXPIRES(0, 1)
	:: EXPIRES(1, 1)
#endif
#ifdef POINTER
	:: GOES(POINTER_KEY)
	:: EXPIRES(POINTER_KEY, 0)
	:: EXPIRES(POINTER_KEY, 1)
#endif
	:: atomic { seen != db -> seen = db }
	od
}

init
{
	byte i;

	atomic {
		if
		:: owner = 0
		:: owner = NOBODY
		fi;
		for (i : 0 .. WRITERS - 1) { run Writer(i) }
		for (i : 0 .. READERS - 1) { run Reader(i) }
		i = 0
	}
}
