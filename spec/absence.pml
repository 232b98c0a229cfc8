/* One primary key that may have a row or none: what "not found" is worth, and what an INSERT must guard for it.
 *
 * The key holds the row, or that there is none together with the stamp `any` of its table as it was before the
 * database was asked. DELETE and UPDATE guard the key and the stamp; INSERT the stamp, and with -DINSERT_TOUCHES_KEY
 * it releases the key too, without having guarded it. So a row that is there counts, and its absence only while the stamp is the same. `bulk` is
 * like `any` and left out. Lists are stamps.pml, what a guard of a record is worth is keys.pml; S1 and S2 as there;
 * README.md has the rest.
 *
 * Stamps are as in stamps.pml: whoever holds one that is no longer there holds 0, which nothing equals.
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

#ifdef LOSE
#define MAY_LOSE(members) true
#else
#define MAY_LOSE(members) (((members) & unsettled) == 0)
#endif

mtype = { NOTHING, ROW, NO_ROW, LEASE, GUARD };
mtype held = NOTHING;
byte what;               /* ROW, NO_ROW: the version. LEASE: the reader. GUARD: its members */
bool stamp;              /* there is one */
byte stamp_members;      /* of the guard on it */
bool present;            /* held is NO_ROW and carries the stamp that is there */
bool holds[READERS];     /* each reader: has the stamp that is there */

byte db;                 /* odd: there is a row */
byte acked, seen;
byte unsettled;
bool row_locked;

#define HOLDS(i) holds[(i) % READERS]

/* Nobody's stamp is that of the table any more. */
inline replaced()
{
	stamp = false;
	present = false;
	HOLDS(0) = false;
	HOLDS(1) = false;
	HOLDS(2) = false
}

inline put(kind, content)
{
	held = kind;
	what = content;
	present = false
}

/* ---- Writers --------------------------------------------------------------------------------------------------- */

inline guard_key(member)
{
	what = (held == GUARD -> what | (member) : (member));
	held = GUARD;
	present = false
}

inline release_key(member)
{
	if
	:: held == GUARD && (what & ~(member)) -> what = what & ~(member)
	:: !(held == GUARD && (what & ~(member))) -> put(NOTHING, 0)
	fi
}

inline guard_stamp(member)
{
	stamp_members = stamp_members | (member);
	replaced()
}

inline release_stamp(member)
{
	if
	:: stamp_members & ~(member) -> stamp_members = stamp_members & ~(member)
	:: !(stamp_members & ~(member)) -> stamp_members = 0; replaced(); stamp = true
	fi
}

#define MINE BIT(me * WRITES + round)

inline settle()
{
	unsettled = unsettled & ~MINE;
	row_locked = false
}

inline over()
{
	version = 0;
	keyed = false;
	round = round + 1
}

#ifdef INSERT_WITHOUT_STAMP
#define STAMPED keyed
#else
#define STAMPED true
#endif

/* INSERT where there is no row, else DELETE. The row, or the unique index, lets one of them after the other through.
 * An UPDATE touches what a DELETE does. */
proctype Writer(byte me)
{
	byte version, round;
	bool keyed;

end_idle:
	atomic {
		!row_locked && round < WRITES -> row_locked = true;
		unsettled = unsettled | MINE;
#ifdef INSERT_TOUCHES_KEY
		keyed = true;
#else
		keyed = db % 2;
#endif
		if
		:: db % 2 -> guard_key(MINE)
		:: else
		fi
	}
	atomic {
		if
		:: STAMPED -> guard_stamp(MINE)
		:: else
		fi
	}
	atomic {
		if
		:: db = db + 1; version = db; settle()
#ifdef ROLLBACK
		:: settle()
#endif
#ifdef CRASH
		:: settle(); over(); goto end_idle
		:: goto unknown
#endif
		fi
	}
	atomic {
		if
		:: keyed -> release_key(MINE)
		:: !keyed
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
		fi
	}
	atomic {
		if
		:: STAMPED -> release_stamp(MINE)
		:: !STAMPED
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
		:: db = db + 1
		:: skip
		fi;
		settle();
		over();
		goto end_idle
	}
}

/* ---- Readers --------------------------------------------------------------------------------------------------- */

inline check(version, must, mono)
{
#ifdef S1
	assert(version >= must);
#endif
#ifdef S2
	assert(version >= mono);
#endif
#ifdef REACH
	assert(version <= LAST || acked <= LAST);
#endif
	seen = MAX(seen, version)
}

/* The stamp as the lease's round trip finds or makes it; under a guard none, and then absence is not kept. */
inline take_stamp(me)
{
	if
	:: stamp_members == 0 -> stamp = true; HOLDS(me) = true
	:: else -> HOLDS(me) = false
	fi
}

proctype Reader(byte me)
{
	byte version, acked_then, seen_then;
	byte entry; /* the absence that is being checked, by its version + 1 */

end:	do
	:: atomic { held == ROW -> check(what, acked, seen) }
	/* absent: one more round trip for the stamp */
	:: atomic { held == NO_ROW -> entry = what + 1; HOLDS(me) = present; acked_then = acked; seen_then = seen }
		atomic {
			if
#ifdef ABSENCE_UNCHECKED
			:: true -> check(entry - 1, acked_then, seen_then)
#else
			:: HOLDS(me) -> check(entry - 1, acked_then, seen_then)
			:: else
#endif
			fi;
			entry = 0; acked_then = 0; seen_then = 0; HOLDS(me) = false
		}
	/* nothing, or an absence that does not count: the lease, then the stamp, then the primary */
	:: atomic { held == NOTHING || held == NO_ROW -> put(LEASE, me) }
#ifdef STAMP_AFTER_READ
		atomic { version = db; seen = db }
		atomic { take_stamp(me) }
#else
		atomic { take_stamp(me) }
		atomic { version = db; seen = db }
#endif
		atomic {
			if
			:: held == LEASE && what == me && version % 2 -> put(ROW, version)
			:: held == LEASE && what == me && version % 2 == 0 && HOLDS(me) -> put(NO_ROW, version); present = true
			:: else
			fi;
			version = 0; HOLDS(me) = false
		}
	od
}

/* ---- The world around them -------------------------------------------------------------------------------------- */

inline expire_key(i)
{
	what = what & ~BIT(i);
	if
	:: what == 0 -> held = NOTHING
	:: else
	fi
}

#define EXPIRES(i) \
	atomic { held == GUARD && (what & BIT(i)) && MAY_LOSE(BIT(i)) -> expire_key(i) } \
	:: atomic { (stamp_members & BIT(i)) && MAY_LOSE(BIT(i)) -> stamp_members = stamp_members & ~BIT(i) }

active proctype World()
{
end:	do
	:: atomic { held == ROW || held == NO_ROW || held == LEASE -> put(NOTHING, 0) }
	:: atomic { stamp -> replaced() }
#ifdef LOSE
	:: atomic { held == GUARD -> put(NOTHING, 0) }
	:: atomic { stamp_members != 0 -> stamp_members = 0 }
#endif
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
		if /* at first there is no row, or there is one */
		:: db = 0
		:: db = 1; acked = 1; seen = 1
		fi;
		for (i : 0 .. WRITERS - 1) { run Writer(i) }
		for (i : 0 .. READERS - 1) { run Reader(i) }
		i = 0
	}
}
