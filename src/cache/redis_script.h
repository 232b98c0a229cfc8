/* The scripts that make the operations atomic. What a key holds is told by its first byte: L and 16 hexadecimal digits is a
 * lease, G and `nonce:expiry in ms;` for each member a guard, anything else a value. */
#ifndef WEIR_CACHE_REDIS_SCRIPT_H
#define WEIR_CACHE_REDIS_SCRIPT_H

typedef struct weir__redis_script {
	const char *sha; /* SHA-1 of text; a wrong one only costs a second round trip each time */
	const char *text;
} weir__redis_script;

extern const weir__redis_script
	weir__redis_script_lease; /* key; lease, ttl in ms, seen: nil when leased, else what is there */
extern const weir__redis_script
	weir__redis_script_fill; /* keys; for each lease, value, ttl in ms: how many were stored */
extern const weir__redis_script
	weir__redis_script_guard; /* keys; nonce, ttl in ms, channel and origin, or "": their number */
/* keys; nonce, stamp ttl in ms, channel and origin, or "", for each its stamp or "": their number */
extern const weir__redis_script weir__redis_script_release;
extern const weir__redis_script weir__redis_script_remove; /* keys; channel and origin, or "": how many there were */

#endif
