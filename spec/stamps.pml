/* One list (or count, or exists) in the cache and the two stamps that it depends on: stamp 0 is that of its shape,
 * or `any`; stamp 1 is `bulk`. Nobody guards the list itself: it counts as long as both stamps are there, are no
 * guards, and are those that it was filled under. The version of a list is that of the table. See keys.pml for S1
 * and S2 and README.md for the rest.
 *
 * Random stamps never come back, and all that matters is whether two are equal. So a new stamp is the smallest
 * number that nobody holds, and whoever holds a stamp that was there before holds 0 from now on, which nothing
 * equals: this keeps the model finite and small without losing a behaviour.
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

byte stamp[2];           /* 0: absent or guarded */
byte members[2];         /* of the guard that stands there, a bit for each write */
bool there;              /* the list */
byte version_of_list;
byte stamps_of_list[2];
byte held[2 * READERS];  /* by each reader: the stamps it read or made, or those of the list it looks at */

bool saved;              /* the snapshot on disk: all of this at one moment */
byte saved_stamp[2];
byte saved_members[2];
bool saved_there;
byte saved_version;
byte saved_stamps_of_list[2];

byte db, acked, seen;    /* as in keys.pml */
byte unsettled;
byte late_guards[2];
byte late_releases[2];
byte new;

#define HELD(me, s) held[2 * ((me) % READERS) + (s)]
#define IN_USE(s) (new == stamp[s] || new == stamps_of_list[s] || new == HELD(0, s) || new == HELD(1, s) || \
	new == HELD(2, s) || new == saved_stamp[s] || new == saved_stamps_of_list[s])

#ifdef COUNTER_STAMPS /* counts on where a stamp was, begins anew where there was none */
byte counted[2];
inline renew(s)
{
	counted[s] = counted[s] + 1;
	stamp[s] = counted[s]
}
inline gone(s)
{
	counted[s] = 0;
	stamp[s] = 0
}
inline replaced(s)
{
	stamp[s] = 0
}
#else
inline renew(s)
{
	d_step {
		new = 1;
		do
		:: IN_USE(s) -> new = new + 1
		:: else -> break
		od;
		stamp[s] = new;
		new = 0
	}
}
/* Nobody's stamp s will ever be equal again; nor does a list that carries it. */
inline replaced(s)
{
	stamp[s] = 0;
#if !defined(ABSENT_STAMP_IS_VALID) && !defined(NOEPOCH)
	HELD(0, s) = 0;
	HELD(1, s) = 0;
	HELD(2, s) = 0;
	there = false;
	version_of_list = 0;
	stamps_of_list[0] = 0;
	stamps_of_list[1] = 0
#endif
}
#define gone replaced
#endif

/* ---- Writers --------------------------------------------------------------------------------------------------- */

inline guard(s, member)
{
#ifdef NOGUARD
	skip
#else
#ifdef GUARD_WITHOUT_MEMBERS
	members[s] = (member);
#else
	members[s] = members[s] | (member);
#endif
	replaced(s)
#endif
}

/* Leaves a guard that has other members; else sets a new stamp, whatever is there. */
inline release(s, member)
{
	if
	:: members[s] & ~(member) -> members[s] = members[s] & ~(member)
#ifdef RELEASE_ONLY_OWN_GUARD
	:: members[s] == (member) -> members[s] = 0; replaced(s); renew(s)
#else
	:: !(members[s] & ~(member)) -> members[s] = 0; replaced(s); renew(s)
#endif
	:: else
	fi
}

inline acknowledged(version)
{
	acked = MAX(acked, version)
}

inline over()
{
	version = 0;
	touches = 0;
	round = round + 1
}

#define MINE BIT(me * WRITES + round)

inline settle()
{
	unsettled = unsettled & ~MINE
}

inline guard_fails(s)
{
	late_guards[s] = late_guards[s] | MINE
}

inline release_fails(s)
{
	late_releases[s] = late_releases[s] | MINE
}

/* Guards and releases of one write are several commands: another client's may come in between. */
proctype Writer(byte me)
{
	byte version, round;
	byte touches; /* a bit for each stamp */

end_idle:
	atomic {
		round < WRITES;
		unsettled = unsettled | MINE;
		if
		:: touches = 1 /* a row */
		:: touches = 2 /* rows that are not known, for lists of a shape */
		:: touches = 3 /* the same for lists that depend on `any` */
		fi;
		if
		:: touches & 1 -> guard(0, MINE)
		:: else
#ifdef UNREACHABLE
		:: touches & 1 -> guard_fails(0);
			if
			:: touches & 2 -> guard_fails(1)
			:: else
			fi;
			settle(); over(); goto end_idle
#endif
		fi
	}
	atomic {
		if
		:: touches & 2 -> guard(1, MINE)
		:: else
#ifdef UNREACHABLE
		:: touches & 2 -> guard_fails(1); settle(); over(); goto end_idle
#endif
		fi
	}
	/* COMMIT */
	atomic {
		if
		:: db = db + 1; version = db; settle()
#ifdef ACK_BEFORE_RELEASE
			; acknowledged(version)
#endif
#ifdef ROLLBACK
		:: settle()
#endif
#ifdef CRASH
		:: settle(); over(); goto end_idle
		:: goto unknown
#endif
		fi
	}
	/* RELEASE */
	atomic {
		if
		:: touches & 1 -> release(0, MINE)
		:: !(touches & 1)
#ifdef UNREACHABLE
		:: touches & 1 -> release_fails(0);
			if
			:: touches & 2 -> release_fails(1)
			:: else
			fi;
			goto end_owed
#endif
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
		fi
	}
	atomic {
		if
		:: touches & 2 -> release(1, MINE)
		:: !(touches & 2)
#ifdef UNREACHABLE
		:: touches & 2 -> release_fails(1); goto end_owed
#endif
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
		fi;
		acknowledged(version);
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
		goto end_owed
	}
end_owed: /* WEIR_UNCONFIRMED, or COMMIT unknown: released later, or never */
	atomic {
		if
		:: touches & 1 -> release(0, MINE)
		:: else
		fi
	}
	atomic {
		if
		:: touches & 2 -> release(1, MINE)
		:: else
		fi;
		over();
		goto end_idle
	}
}

/* ---- Readers --------------------------------------------------------------------------------------------------- */

/* The stamp s that is there, or a new one where there is none. */
inline take(me, s)
{
	if
	:: stamp[s] == 0 -> renew(s)
	:: else
	fi;
	HELD(me, s) = stamp[s]
}

inline let_go(me)
{
	HELD(me, 0) = 0;
	HELD(me, 1) = 0
}

#ifdef ABSENT_STAMP_IS_VALID
#define EQUAL(s, other) (members[s] == 0 && (stamp[s] == 0 || stamp[s] == (other)))
#else
#define EQUAL(s, other) (stamp[s] != 0 && stamp[s] == (other))
#endif
#define VALID (there && EQUAL(0, stamps_of_list[0]) && EQUAL(1, stamps_of_list[1]))

inline given(version, must, mono)
{
#ifdef S1
	assert(version >= must);
#endif
#ifdef S2
	assert(version >= mono);
#endif
#ifdef REACH
	assert(version < LAST || acked < LAST);
#endif
	seen = MAX(seen, version)
}

proctype Reader(byte me)
{
	byte version;
#ifdef SPLIT
	byte acked_then, seen_then;
#endif

end:	do
#ifndef SPLIT
	:: atomic { VALID -> given(version_of_list, acked, seen) } /* MGET list, stamp, bulk */
#else /* the same as three reads; so a row's "not found" is read: the entry first, then the stamps */
	:: atomic { there ->
			acked_then = acked; seen_then = seen;
			version = version_of_list; HELD(me, 0) = stamps_of_list[0]; HELD(me, 1) = stamps_of_list[1] }
		atomic {
			if
			:: EQUAL(0, HELD(me, 0))
			:: else -> version = 0; acked_then = 0; seen_then = 0; let_go(me); goto end
			fi
		}
		atomic {
			if
			:: EQUAL(1, HELD(me, 1)) -> given(version, acked_then, seen_then)
			:: else
			fi;
			version = 0; acked_then = 0; seen_then = 0; let_go(me)
		}
#endif
	/* a miss: stamps first, then the primary */
#ifdef STAMPS_AFTER_READ
	:: atomic { seen = db; version = db }
		atomic {
			if
			:: members[0] == 0 && members[1] == 0 -> take(me, 0); take(me, 1)
			:: else -> version = 0; goto end
			fi
		}
#else
	:: atomic { members[0] == 0 -> take(me, 0) }
		atomic {
			if
			:: members[1] == 0 -> take(me, 1)
			:: else -> let_go(me); goto end
			fi
		}
		atomic {
			if
			:: HELD(me, 0) && HELD(me, 1) -> version = db; seen = db
			:: else -> let_go(me); goto end
			fi
		}
#endif
		/* the fill, which may also be lost */
		atomic {
			if
			:: HELD(me, 0) && HELD(me, 1) -> there = true; version_of_list = version;
				stamps_of_list[0] = HELD(me, 0); stamps_of_list[1] = HELD(me, 1)
			:: skip
			fi;
			version = 0; let_go(me)
		}
	od
}

/* ---- The world around them -------------------------------------------------------------------------------------- */

#define EXPIRES(s, i) atomic { (members[s] & BIT(i)) && MAY_LOSE(BIT(i)) -> \
	members[s] = members[s] & ~BIT(i); gone(s) }
#ifdef UNREACHABLE
#define ARRIVES(s, i) \
	atomic { late_guards[s] & BIT(i) -> late_guards[s] = late_guards[s] & ~BIT(i); guard(s, BIT(i)) } \
	:: atomic { late_releases[s] & BIT(i) -> late_releases[s] = late_releases[s] & ~BIT(i); release(s, BIT(i)) }
#else
#define ARRIVES(s, i) false
#endif

active proctype World()
{
end:	do
	/* evicted, expired, flushed, restarted under a new epoch; that the list goes needs no step: a reader may miss anyway */
	:: atomic { stamp[0] != 0 -> gone(0) }
	:: atomic { stamp[1] != 0 -> gone(1) }
#ifdef LOSE
	:: atomic { members[0] != 0 -> members[0] = 0; gone(0) }
	:: atomic { members[1] != 0 -> members[1] = 0; gone(1) }
#endif
	:: EXPIRES(0, 0)
	:: EXPIRES(1, 0)
	:: ARRIVES(0, 0)
	:: ARRIVES(1, 0)
#if LAST > 1
	:: EXPIRES(0, 1)
	:: EXPIRES(1, 1)
	:: ARRIVES(0, 1)
	:: ARRIVES(1, 1)
#endif
	/* a read past the cache */
	:: atomic { seen != db -> seen = db }
#ifdef NOEPOCH
	:: atomic { !saved -> saved = true; saved_there = there; saved_version = version_of_list;
		saved_stamp[0] = stamp[0]; saved_members[0] = members[0]; saved_stamps_of_list[0] = stamps_of_list[0];
		saved_stamp[1] = stamp[1]; saved_members[1] = members[1]; saved_stamps_of_list[1] = stamps_of_list[1] }
	:: atomic { saved -> there = saved_there; version_of_list = saved_version;
		stamp[0] = saved_stamp[0]; members[0] = saved_members[0]; stamps_of_list[0] = saved_stamps_of_list[0];
		stamp[1] = saved_stamp[1]; members[1] = saved_members[1]; stamps_of_list[1] = saved_stamps_of_list[1] }
#endif
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
