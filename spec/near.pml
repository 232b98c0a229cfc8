/* The near cache of one process, over a record's key: what it serves while that process writes, what it hears of another one that does,
 * and what a write leaves in it.
 *
 * OWN: a near hit that begins after a write of this process was acknowledged returns that write or a later one.
 * BOUND: a near hit returns what the database showed when the last PING was sent that has been answered, or later; that is at most as old as
 * a near cache serves without a proof. With LOSE, what had been acknowledged by then.
 *
 * Counters are not modelled, but what they are compared for: each time one counts, every ticket that was taken before fails and what is near is
 * out of date. A renewal's ticket tells ends of this process's writes (`ends`) from all else (`same`). The cache behind, its leases and
 * guards are those of keys.pml, as far as a near cache meets them; README.md has the rest.
 */
#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 2
#endif
#ifndef WRITES
#define WRITES 1
#endif

#define OWN_WRITES (WRITERS * WRITES)
#define ALL_WRITES (OWN_WRITES + WRITES)
#define BIT(i)     (1 << (i))
#define MAX(a, b)  ((a) > (b) -> (a) : (b))

#ifdef LOSE
#define MAY_LOSE(members) true
#define SHOWN             acked
#define ACK(version)      acked = MAX(acked, version)
#else
#define MAY_LOSE(members) (((members) & unsettled) == 0)
#define SHOWN             db
#define ACK(version)      skip
#endif

mtype = { NOTHING, VALUE, LEASE, GUARD, CHANGED, PONG };
mtype held = NOTHING; /* the key */
byte what;            /* VALUE: the version. LEASE: the reader. GUARD: its members */

chan told = [3] of { mtype, byte }; /* what the subscriber has not heard yet */
bool pinging;
byte proved;          /* what was shown when the last PING was sent that has been answered */

bool near;            /* there is an entry, and it is right */
byte near_version;
bool ticket[READERS]; /* nothing has been counted since it was taken */

byte under_way;       /* writes of this process between guard and end */
bool same[WRITERS];   /* of a writer's renewal: nothing but ends has been counted */
byte ends[WRITERS];   /* and so many of these */
bool fresh[WRITERS];  /* its second ticket */

byte db, acked, own_acked;
byte unsettled;
bool row_locked;

inline put(kind, content)
{
	held = kind;
	what = content
}

/* A message, a proof, a reset. */
inline count()
{
	near = false;
	near_version = 0;
	ticket[0] = false;
	ticket[1 % READERS] = false;
	same[0] = false;
	same[1 % WRITERS] = false;
	fresh[0] = false;
	fresh[1 % WRITERS] = false
}

/* The end of a write of this process. */
inline count_end()
{
	near = false;
	near_version = 0;
	ticket[0] = false;
	ticket[1 % READERS] = false;
	fresh[0] = false;
	fresh[1 % WRITERS] = false;
	ends[0] = ends[0] + 1;
#if WRITERS > 1
	ends[1] = ends[1] + 1
#endif
}

inline guard(member)
{
	what = (held == GUARD -> what | (member) : (member));
	held = GUARD
}

inline release(member)
{
	if
	:: held == GUARD && (what & ~(member)) -> what = what & ~(member)
	:: !(held == GUARD && (what & ~(member))) -> put(NOTHING, 0)
	fi
}

/* ---- Writes of this process ---------------------------------------------------------------------------------------- */

#define MINE     BIT(me * WRITES + round)
#define ONE(bit) ((earlier & ~under_way & (bit)) != 0)
#define EARLIER  (ONE(1) + ONE(2) + ONE(4) + ONE(8))

inline begin_renewal()
{
	renews = true;
	earlier = under_way;
	same[me] = true;
	ends[me] = 0
}

proctype Writer(byte me)
{
	byte version, round, earlier;
	bool renews;

end_idle:
	/* the statement has returned; was it near? */
	atomic {
		!row_locked && round < WRITES -> row_locked = true;
		unsettled = unsettled | MINE;
		if
#ifndef RENEW_AFTER_COMMIT
		:: begin_renewal()
#endif
		:: true
		fi
	}
	atomic { under_way = under_way | MINE; guard(MINE) }
	atomic {
		unsettled = unsettled & ~MINE;
		row_locked = false;
		if
		:: db = db + 1; version = db
		:: renews = false /* ROLLBACK */
		fi
	}
#ifdef RENEW_AFTER_COMMIT
	atomic { version -> begin_renewal(); earlier = earlier & ~MINE }
#endif
#ifdef ACK_BEFORE_END
	atomic { ACK(version); own_acked = MAX(own_acked, version) }
#endif
	atomic { release(MINE) }
	atomic { under_way = under_way & ~MINE; count_end() }
	atomic {
		if
#ifdef RENEW_UNCHECKED
		:: renews -> fresh[me] = true
#elif defined(RENEW_ALL_ENDS)
		:: renews && same[me] -> fresh[me] = true
#else
		:: renews && same[me] && ends[me] == EARLIER + 1 -> fresh[me] = true
#endif
		:: true
		fi;
		same[me] = false;
		ends[me] = 0;
		earlier = 0
	}
	atomic {
		if
		:: fresh[me] -> near = true; near_version = version
		:: !fresh[me]
		fi;
		fresh[me] = false;
		renews = false;
		ACK(version);
		own_acked = MAX(own_acked, version);
		version = 0;
		round = round + 1;
		goto end_idle
	}
}

/* ---- Another process, which writes ----------------------------------------------------------------------------------- */

#define ITS BIT(OWN_WRITES + round)

active proctype Other()
{
	byte version, round;

end_idle:
	atomic { !row_locked && round < WRITES -> row_locked = true; unsettled = unsettled | ITS }
#ifdef TELL_AFTER_COMMIT
	atomic { guard(ITS) }
#else
	atomic { nfull(told) -> guard(ITS); told!CHANGED(0) }
#endif
	atomic {
		unsettled = unsettled & ~ITS;
		row_locked = false;
		if
		:: db = db + 1; version = db
		:: true /* ROLLBACK */
#ifdef CRASH
		:: db = db + 1; round = round + 1; goto end_idle
		:: round = round + 1; goto end_idle
#endif
		fi
	}
	/* a release tells of what it did not guard any more */
	atomic {
		nfull(told) ->
		if
#ifndef TELL_AFTER_COMMIT
		:: held == GUARD && (what & ITS)
		:: !(held == GUARD && (what & ITS)) -> told!CHANGED(0)
#else
		:: told!CHANGED(0)
#endif
		fi;
		release(ITS);
		ACK(version);
		version = 0;
		round = round + 1;
		goto end_idle
	}
}

/* ---- Readers of this process ----------------------------------------------------------------------------------------- */

inline check()
{
#ifdef OWN
	assert(near_version >= own_acked);
#endif
#ifdef BOUND
	assert(near_version >= proved);
#endif
#ifdef REACH
	assert(near_version < ALL_WRITES || proved < ALL_WRITES)
#endif
}

inline keep(me)
{
	atomic {
		if
#ifdef LATE_FILL
		:: true -> near = true; near_version = version
#else
		:: ticket[me] -> near = true; near_version = version
		:: !ticket[me]
#endif
		fi;
		if
		:: held == LEASE && what == me -> put(VALUE, version)
		:: !(held == LEASE && what == me)
		fi;
		ticket[me] = false;
		version = 0
	}
}

proctype Reader(byte me)
{
	byte version;

end:	do
	:: atomic { near -> check() }
	/* the ticket is taken before the cache is asked: if that is at the same moment, the ticket lasts longest */
	:: atomic { held == VALUE -> ticket[me] = true; version = what }
		keep(me)
	:: atomic { held == NOTHING -> ticket[me] = true; put(LEASE, me) }
		atomic { version = db }
		keep(me)
	od
}

/* ---- The subscriber --------------------------------------------------------------------------------------------------- */

active proctype Subscriber()
{
	byte shown;

end:	do
	:: atomic { told?CHANGED(_) -> count() }
#ifdef BOUND /* what a proof counts can only help OWN */
	/* a PING is sent, and answered behind all that was told before */
	:: atomic { !pinging -> pinging = true; shown = SHOWN }
	:: atomic { pinging && shown != 255 && nfull(told) -> told!PONG(shown); shown = 255 }
	:: atomic {
			told?PONG(proved) ->
			if
#ifdef PROOF_LEAVES_OWN
			:: true
#else
			:: under_way -> count()
			:: !under_way
#endif
			fi;
			pinging = false;
			shown = 0
		}
#endif
	od
}

/* ---- The world around them -------------------------------------------------------------------------------------------- */

#define EXPIRES(i) atomic { held == GUARD && (what & BIT(i)) && MAY_LOSE(BIT(i)) -> release(BIT(i)) }

active proctype World()
{
end:	do
	:: atomic { held == VALUE || held == LEASE -> put(NOTHING, 0) }
#ifdef LOSE
	:: atomic { held == GUARD -> put(NOTHING, 0) }
#endif
	:: EXPIRES(0)
	:: EXPIRES(1)
#if ALL_WRITES > 2
	:: EXPIRES(2)
#endif
#if ALL_WRITES > 3
	:: EXPIRES(3)
#endif
	:: atomic { near -> near = false; near_version = 0 }
#ifdef RESET
	:: atomic { near || ticket[0] -> count() } /* the connection was lost */
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
