/* One record, its key in the cache, writers and readers: leases, guards with members, releases, epochs.
 *
 * Versions stand for the row's contents: the n-th COMMIT makes version n. A write is acknowledged when its caller
 * has been told that it is done. README.md says what the names below mean, why putting steps together loses no
 * behaviour, and how to read a counterexample.
 *
 *   S1   a read that begins after a write was acknowledged returns that write or a later one     (-DS1)
 *   S2   no read returns something older than what any reader has already been given             (-DS2)
 *   Q    while no write is under way, a hit is what the database holds                            (-DQ)
 */
#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 3
#endif
#ifndef WRITES
#define WRITES 1 /* that each writer makes */
#endif

#define LAST (WRITERS * WRITES)
#define BIT(i) (1 << (i))
#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* Keys carry the server's epoch: after a restart everybody asks for other names. */
#ifdef RESTART
#define EPOCHS 2
#else
#define EPOCHS 1
#endif
#ifdef NOEPOCH
#define KEY(e) 0
#else
#define KEY(e) e
#endif

/* The epoch that a connection knows. A restart breaks connections, and the next one asks again. MOVES: the epoch
 * moves under connections that stay, and each learns of it some time later. */
#ifdef MOVES
#define KNOWN known
#else
#define KNOWN epoch
#endif

/* A guard whose write may still commit is lost only where LOSE says so. */
#ifdef LOSE
#define MAY_LOSE(members) true
#else
#define MAY_LOSE(members) (((members) & unsettled) == 0)
#endif

mtype = { NOTHING, VALUE, LEASE, GUARD };
mtype held[EPOCHS] = NOTHING;
byte what[EPOCHS];     /* VALUE: its version. LEASE: the reader that has it. GUARD: its members, a bit for each write */
byte epoch;            /* of the server that runs now */
mtype saved = NOTHING; /* what the snapshot on disk has of epoch 0 */
byte saved_what;

byte bulk;             /* members of the guard on the table's bulk stamp */

byte db;               /* the version that the database shows */
byte acked;            /* the latest acknowledged version */
byte seen;             /* the latest version that any reader was given */
byte unsettled;        /* writes between their statement and the settling of their COMMIT */
byte busy;             /* writes between their statement and their answer, or the death of their process */
bool row_locked;
byte blocked;          /* processes that read past the cache, because they owe it a release */
byte late_guards;      /* commands that nobody waits for any more, and that the server has not seen yet */
byte late_releases;
byte late_leases;      /* of readers that sent the same lease again on another connection */
byte own[WRITERS];     /* the latest version acknowledged in a process while its release was owed */

#define HELD(e) held[KEY(e)]
#define WHAT(e) what[KEY(e)]

inline put(e, kind, content)
{
	HELD(e) = kind;
	WHAT(e) = content
}

inline given(version)
{
#ifdef S1
	assert(version >= acked);
#endif
#ifdef S2
	assert(version >= seen);
#endif
#ifdef Q
	assert(busy != 0 || version == db);
#endif
#ifdef REACH /* shows that the model gets somewhere: a hit on the last of all writes */
	assert(version < LAST || acked < LAST);
#endif
	seen = MAX(seen, version)
}

/* ---- Writers --------------------------------------------------------------------------------------------------- */

/* Takes the key over from a value or a lease, joins a guard. BULK: writes whose rows are not known; they guard the
 * table's bulk stamp, under which no record is filled, and delete all records before COMMIT and after it
 * (FLUSH_ONCE: after it only). */
inline guard(e, member)
{
#if defined(NOGUARD)
	skip
#elif defined(BULK)
	bulk = bulk | (member)
#else
#ifdef GUARD_WITHOUT_MEMBERS
	WHAT(e) = (member);
#else
	WHAT(e) = (HELD(e) == GUARD -> WHAT(e) | (member) : (member));
#endif
	HELD(e) = GUARD
#endif
}

/* Leaves a guard that has other members; deletes whatever else is there. */
inline release(e, member)
{
#ifdef BULK
	bulk = bulk & ~(member)
#else
	if
	:: HELD(e) == GUARD && (WHAT(e) & ~(member)) -> WHAT(e) = WHAT(e) & ~(member)
#ifdef RELEASE_ONLY_OWN_GUARD
	:: HELD(e) == GUARD && WHAT(e) == (member) -> put(e, NOTHING, 0)
#else
	:: !(HELD(e) == GUARD && (WHAT(e) & ~(member))) -> put(e, NOTHING, 0)
#endif
	:: else
	fi
#endif
}

/* The connection of this operation. */
inline connect()
{
#ifdef MOVES
	if
	:: known = epoch
	:: skip
	fi
#else
	known = epoch
#endif
}

inline settle(member)
{
	unsettled = unsettled & ~(member);
	row_locked = false
}

/* Every reader is held to this version from now on. */
inline acknowledged(version)
{
	acked = MAX(acked, version)
}

/* RELEASE could not be placed. Policy `fail` answers WEIR_UNCONFIRMED, which acknowledges nothing. `degrade` answers
 * that the write is done: the own process is held to it, and where the guard stands everybody; where it does not,
 * everybody only after the release (EVERYBODY: at once, which is not promised and not so). */
inline unconfirmed(me, version, guarded)
{
#ifdef DEGRADE
	own[me] = MAX(own[me], version);
	blocked = blocked | BIT(me);
#if defined(EVERYBODY)
	acknowledged(version)
#elif !defined(LOSE)
	if
	:: guarded -> acknowledged(version)
	:: else
	fi
#endif
#else
	skip
#endif
}

/* The nonce of a guard belongs to one write. */
#ifdef NONCE_REUSED
#define MINE BIT(me)
#else
#define MINE BIT(me * WRITES + round)
#endif

inline over()
{
	version = 0;
	guarded = false;
	busy = busy & ~MINE;
	round = round + 1
}

proctype Writer(byte me)
{
	byte known, version, round;
	bool guarded;

end_idle: /* BEGIN and the statement; GUARD */
	atomic {
#ifdef ROWLOCK
		!row_locked && round < WRITES -> row_locked = true;
#else
		round < WRITES;
#endif
		unsettled = unsettled | MINE;
		busy = busy | MINE;
		connect();
		if
		:: guard(known, MINE); guarded = true
#ifdef UNREACHABLE /* the command may still have its effect, now or later, or never */
		:: late_guards = late_guards | MINE
#ifdef DEGRADE
			; blocked = blocked | BIT(me)
#else
			; settle(MINE); over(); goto end_idle /* refused: ROLLBACK; what stands there expires */
#endif
#endif
		fi
	}
#if defined(BULK) && !defined(FLUSH_ONCE)
	atomic { put(epoch, NOTHING, 0) }
#endif
	/* COMMIT */
	atomic {
		if
		:: db = db + 1; version = db; settle(MINE)
#ifdef ACK_BEFORE_RELEASE
			; acknowledged(version)
#endif
#ifdef ROLLBACK
		:: settle(MINE)
#endif
#ifdef CRASH
		:: settle(MINE); over(); goto end_idle /* died before COMMIT was sent: the server rolls back */
		:: goto unknown /* died, or lost the connection, after COMMIT was sent */
#endif
		fi
	}
#ifdef BULK
	atomic { put(epoch, NOTHING, 0) }
#endif
	/* RELEASE, then the answer */
	atomic {
#ifndef RELEASE_OLD_NAMES
		connect();
#endif
		if
		:: true -> release(known, MINE); acknowledged(version); blocked = blocked & ~BIT(me); over(); goto end_idle
#ifdef CRASH
		:: true -> over(); goto end_idle
#endif
#ifdef UNREACHABLE
		:: true -> late_releases = late_releases | MINE; unconfirmed(me, version, guarded)
#ifdef UNBLOCK_BEFORE_PAY
			; blocked = blocked & ~BIT(me)
#endif
#endif
		fi
	}
end_owed: /* tried again by the process, or by whoever works off the outbox; maybe never */
	atomic {
		connect();
		release(known, MINE);
		blocked = blocked & ~BIT(me);
#ifdef DEGRADE
		acknowledged(version);
#endif
		over();
		goto end_idle
	}
unknown:
#ifdef RELEASE_UNSETTLED
	atomic { connect(); release(known, MINE) }
#endif
	/* the server commits after all, or does not */
	atomic {
		if
		:: db = db + 1
		:: skip
		fi;
		settle(MINE)
	}
	/* the guard is left to expire; or pg_xact_status has answered and it is released */
	atomic {
		if
		:: true -> connect(); release(known, MINE)
		:: skip
		fi;
		over();
		goto end_idle
	}
}

/* ---- Readers --------------------------------------------------------------------------------------------------- */

inline take(e, me)
{
#ifdef NOLEASE
	skip
#else
	put(e, LEASE, me)
#ifdef TOKEN_REUSED
	; late_leases = late_leases | BIT(me)
#endif
#endif
}

/* Stores only while the lease still stands, under the name that it was taken by. */
inline fill(e, me, version)
{
	if
#ifdef NOLEASE
	:: HELD(e) == NOTHING -> put(e, VALUE, version)
#else
	:: HELD(e) == LEASE && WHAT(e) == me -> put(e, VALUE, version)
#endif
	:: else
	fi
}

#if defined(DEGRADE)

/* Reads without end; reader `me` lives in the process of writer `me`, where there is one. */
#define AT_HOME (me < WRITERS)
#define MUST_BYPASS (AT_HOME && (blocked & BIT(me)))
#define ACKED_TO_ME (AT_HOME -> MAX(own[(AT_HOME -> me : 0)], acked) : acked)
proctype Reader(byte me)
{
	byte need, version, under;

end:	do
	:: atomic { !MUST_BYPASS -> need = ACKED_TO_ME }
		/* GET, or the lease */
		atomic {
			if
			:: HELD(epoch) == VALUE ->
#ifdef S1
				assert(WHAT(epoch) >= need);
#endif
#ifdef REACH
				assert(WHAT(epoch) < LAST || need < LAST);
#endif
				need = 0; goto end
			:: HELD(epoch) == NOTHING -> take(epoch, me); under = epoch; need = 0
			:: else -> need = 0; goto end
			fi
		}
		version = db;
		atomic { fill(under, me, version); version = 0; under = 0 }
	od
}

#elif defined(LITERAL)

/* One read, every step by itself, to show that the shorter reader below hides nothing. */
proctype Reader(byte me)
{
	byte need, mono, version, known;
	bool leased;

	atomic { need = acked; mono = seen }
	known = epoch;
	/* GET */
	atomic {
		if
		:: HELD(known) == VALUE -> version = WHAT(known); goto answer
		:: HELD(known) == NOTHING
		:: else -> goto ask
		fi
	}
	/* SET NX GET */
	atomic {
		if
		:: HELD(known) == VALUE -> version = WHAT(known); goto answer
		:: HELD(known) == NOTHING -> take(known, me); leased = true
		:: else
		fi
	}
ask:	version = db;
	atomic {
		if
		:: leased -> fill(known, me, version)
		:: else
		fi
	}
answer:	atomic {
#ifdef S1
		assert(version >= need);
#endif
#ifdef S2
		assert(version >= mono);
#endif
		seen = MAX(seen, version)
	}
}

#else

/* Reads without end. A hit is one step; so is a lease. */
proctype Reader(byte me)
{
	byte known, version, under;

end:	do
	:: atomic { HELD(KNOWN) == VALUE -> given(WHAT(KNOWN)) }
#ifdef LEASE_AFTER_READ
	:: atomic { HELD(KNOWN) == NOTHING -> version = db; seen = db }
		atomic {
			if
			:: HELD(KNOWN) == NOTHING -> take(KNOWN, me); under = KNOWN
			:: else -> version = 0; goto end
			fi
		}
#else
	:: atomic { HELD(KNOWN) == NOTHING -> take(KNOWN, me); under = KNOWN }
#ifdef BULK
		atomic {
			if
			:: bulk != 0 -> under = 0; goto end
			:: else
			fi
		}
#endif
		atomic { version = db; seen = db } /* the primary; the answer goes out, the fill follows */
#endif
		atomic { fill(under, me, version); version = 0; under = 0; late_leases = late_leases & ~BIT(me) }
#ifdef MOVES
	:: atomic { known != epoch -> known = epoch }
#endif
	od
}

#endif

/* ---- The world around them -------------------------------------------------------------------------------------- */

inline expire(i)
{
	WHAT(epoch) = WHAT(epoch) & ~BIT(i);
	if
	:: WHAT(epoch) == 0 -> HELD(epoch) = NOTHING
	:: else
	fi
}

/* Commands of a connection that was given up arrive after all. */
#ifdef UNREACHABLE
#define ARRIVES(i) \
	atomic { late_guards & BIT(i) -> late_guards = late_guards & ~BIT(i); guard(epoch, BIT(i)) } \
	:: atomic { late_releases & BIT(i) -> late_releases = late_releases & ~BIT(i); release(epoch, BIT(i)) }
#else
#define ARRIVES(i) false
#endif

#define COMES_AGAIN(i) \
	atomic { (late_leases & BIT(i)) && HELD(epoch) == NOTHING -> late_leases = late_leases & ~BIT(i); put(epoch, LEASE, i) }

/* A member's time may be over whenever its COMMIT has been settled; before that it is a guard lost. */
#ifdef BULK
#define EXPIRES(i) atomic { (bulk & BIT(i)) && MAY_LOSE(BIT(i)) -> bulk = bulk & ~BIT(i) }
#else
#define EXPIRES(i) atomic { HELD(epoch) == GUARD && (WHAT(epoch) & BIT(i)) && MAY_LOSE(BIT(i)) -> expire(i) }
#endif

/* Each of these any number of times. */
active proctype World()
{
end:	do
	:: atomic { HELD(epoch) == LEASE -> put(epoch, NOTHING, 0) } /* expired, evicted, flushed; its reader may have died */
	:: atomic { HELD(epoch) == VALUE -> put(epoch, NOTHING, 0) } /* expired, evicted, flushed */
	:: EXPIRES(0)
	:: ARRIVES(0)
#if LAST > 1
	:: EXPIRES(1)
	:: ARRIVES(1)
#endif
#if LAST > 2
	:: EXPIRES(2)
	:: ARRIVES(2)
#endif
#if LAST > 3
	:: EXPIRES(3)
	:: ARRIVES(3)
#endif
#ifdef TOKEN_REUSED
	:: COMES_AGAIN(0)
	:: COMES_AGAIN(1)
	:: COMES_AGAIN(2)
#endif
#ifdef LOSE
	:: atomic { HELD(epoch) == GUARD -> put(epoch, NOTHING, 0) } /* evicted, flushed: all members at once */
	:: atomic { bulk != 0 -> bulk = 0 }
#endif
#ifndef LITERAL
	/* a read past the cache: in a transaction, while a guard or a foreign lease stands, by consistency `bypass` */
	:: atomic { seen != db -> seen = db }
#endif
#if defined(RESTART) && defined(MOVES)
	:: atomic { epoch == 0 -> epoch = 1 } /* the same server with the same data */
#elif defined(RESTART)
	:: atomic { epoch == 0 && (saved != held[0] || saved_what != what[0]) -> saved = held[0]; saved_what = what[0] }
	:: atomic { epoch == 0 && MAY_LOSE(unsettled) -> held[0] = saved; what[0] = saved_what; epoch = 1;
		late_guards = 0; late_releases = 0 }
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
