/* The outbox: what becomes of a write whose guard could not be placed, and whose writer may die.
 *
 * Such a write leaves a row, committed with it. A relay locks the rows that it sees, tells the cache (a release: what is there goes, leases
 * too, but the guards of others stay), and deletes those rows; it may die at any step, then its transaction is undone and another
 * relay begins. Guards, leases and fills are as in keys.pml; README.md has the rest.
 *
 *   S1  a read that begins after a write's release, or after its row was deleted, returns that write or a later one
 *   Q   while no row is there and no writer that lives is at it, a hit is what the database holds
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
#ifndef RELAYS
#define RELAYS 2
#endif

#define LAST (WRITERS * WRITES)
#define BIT(i) (1 << (i))
#define MAX(a, b) ((a) > (b) -> (a) : (b))

mtype = { NOTHING, VALUE, LEASE, GUARD };
mtype held = NOTHING;
byte what;              /* VALUE: the version. LEASE: the reader. GUARD: its members */

byte db;
byte told;              /* what everybody is held to */
byte outbox, locked;    /* rows, and those that a relay has in hand: a bit for each write */
byte versions[LAST];    /* of the writes that are committed */
byte unsettled;         /* writes before their COMMIT */
byte busy;              /* between COMMIT and the end, by writers that live */
bool row_locked;

inline put(kind, content)
{
	held = kind;
	what = content
}

inline release(member)
{
	if
	:: held == GUARD && (what & ~(member)) -> what = what & ~(member)
#ifdef TELL_SPARES_LEASE
	:: held == LEASE && (member) == 0 -> skip
	:: !(held == GUARD && (what & ~(member))) && !(held == LEASE && (member) == 0) -> put(NOTHING, 0)
#else
	:: !(held == GUARD && (what & ~(member))) -> put(NOTHING, 0)
#endif
	fi
}

#define MINE BIT(me * WRITES + round)

/* ---- Writers --------------------------------------------------------------------------------------------------- */

proctype Writer(byte me)
{
	byte round;
	bool guarded;

	do
	:: round < WRITES ->
		atomic {
			!row_locked ->
			row_locked = true;
			unsettled = unsettled | MINE;
			if
			:: true -> guarded = false /* Redis is out of reach */
			:: true ->
				guarded = true;
				what = (held == GUARD -> what | MINE : MINE);
				held = GUARD
			fi
		}
		if
		:: atomic {
			true ->
			db = db + 1;
			versions[me * WRITES + round] = db;
			busy = busy + 1;
			if
#ifndef OUTBOX_APART
			:: !guarded -> outbox = outbox | MINE
#endif
			:: else -> skip
			fi;
			unsettled = unsettled & ~MINE;
			row_locked = false
		}
		:: atomic {
			true -> /* rolled back: by an error, or with its writer */
			unsettled = unsettled & ~MINE;
			row_locked = false;
			goto next
		}
		fi;
#ifdef OUTBOX_APART
		if
		:: atomic { !guarded -> outbox = outbox | MINE }
		:: atomic { !guarded -> busy = busy - 1; goto dead }
		:: guarded -> skip
		fi;
#endif
		if
		:: atomic {
			true ->
			release(MINE);
			told = MAX(told, versions[me * WRITES + round]);
			busy = busy - 1
		}
		:: atomic { true -> busy = busy - 1 } /* the release fails, for good */
		:: atomic { true -> busy = busy - 1; goto dead }
		fi;
next:
		atomic { guarded = false; round = round + 1 }
	:: round == WRITES -> break
	od;
dead:
	skip
}

/* ---- Relays ---------------------------------------------------------------------------------------------------- */

#ifdef RELAY_WITHOUT_LOCK
#define FREE(rows) (rows)
#else
#define FREE(rows) ((rows) & ~locked)
#endif

inline note_told(rows)
{
	i = 0;
	do
	:: i < LAST ->
		if
		:: (rows) & BIT(i) -> told = MAX(told, versions[i])
		:: else -> skip
		fi;
		i = i + 1
	:: else -> break
	od;
	i = 0
}

inline delete_rows()
{
#ifdef DELETE_ALL
	note_told(outbox);
	outbox = 0;
#else
	note_told(taken);
	outbox = outbox & ~taken;
#endif
	locked = locked & ~taken
}

/* One that dies and the next one are one process, which begins anew. */
proctype Relay()
{
	byte taken, i;

begin:
	atomic {
		FREE(outbox) != 0 ->
		taken = FREE(outbox);
		locked = locked | taken
	}
#ifdef DELETE_FIRST
	atomic { delete_rows() }
	if
	:: atomic { true -> release(0) }
	:: true -> skip /* it dies */
	fi;
#else
	if
	:: atomic { true -> release(0) }
	:: atomic { true -> locked = locked & ~taken; taken = 0; goto begin } /* the cache does not answer, or it dies */
	fi;
	if
	:: atomic { true -> delete_rows() }
	:: atomic { true -> locked = locked & ~taken } /* it dies */
	fi;
#endif
	atomic { taken = 0; goto begin }
}

/* ---- Readers --------------------------------------------------------------------------------------------------- */

inline hit()
{
#ifdef S1
	assert(what >= told);
#endif
#ifdef Q
	assert(outbox != 0 || unsettled != 0 || busy != 0 || what == db);
#endif
#ifdef REACH
	assert(!(what == LAST && told == LAST && outbox == 0))
#else
	skip
#endif
}

proctype Reader(byte me)
{
	byte version;

begin:
	if
	:: atomic { held == VALUE -> hit(); goto begin }
	:: atomic { held == NOTHING -> put(LEASE, me) }
	fi;
	version = db;
	atomic {
		if
		:: held == LEASE && what == me -> put(VALUE, version)
		:: else -> skip
		fi;
		version = 0;
		goto begin
	}
}

/* ---- The world ------------------------------------------------------------------------------------------------- */

proctype World()
{
begin:
	if
	:: atomic { held == LEASE -> put(NOTHING, 0) }
	:: atomic { held == VALUE -> put(NOTHING, 0) }
	:: atomic { held == GUARD && (what & unsettled) == 0 -> put(NOTHING, 0) }
	fi;
	goto begin
}

init {
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) { run Writer(i) }
		for (i : 0 .. READERS - 1) { run Reader(i) }
		for (i : 1 .. RELAYS) { run Relay() }
		run World()
	}
}
