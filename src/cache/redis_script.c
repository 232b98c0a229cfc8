/* Lua for the server. A key may hold a type that is not ours: pcall keeps that from ending a script halfway. */
#include "cache/redis_script.h"

const weir__redis_script weir__redis_script_lease = {
	.sha = "c45b5b94eb9d3a2a6163c6d4e346507e4e4b86ed",
	.text = "local lease, ttl, seen = ARGV[1], ARGV[2], ARGV[3]\n"
			"if redis.call('GETRANGE', KEYS[1], 0, #seen - 1) == seen then\n"
			"  redis.call('SET', KEYS[1], lease, 'PX', ttl)\n"
			"  return false\n"
			"end\n"
			"return redis.call('SET', KEYS[1], lease, 'NX', 'GET', 'PX', ttl)\n",
};

const weir__redis_script weir__redis_script_fill = {
	.sha = "9e5e939e75f8da2864af9b80fde4b4caa7e917bd",
	.text = "local filled = 0\n"
			"for i, key in ipairs(KEYS) do\n"
			"  local lease, value, ttl = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]\n"
			"  if redis.pcall('GETRANGE', key, 0, #lease) == lease then\n"
			"    if value == '' then\n"
			"      redis.call('DEL', key)\n"
			"    elseif ttl == '-1' then\n"
			"      redis.call('SET', key, value)\n"
			"      filled = filled + 1\n"
			"    else\n"
			"      redis.call('SET', key, value, 'PX', ttl)\n"
			"      filled = filled + 1\n"
			"    end\n"
			"  end\n"
			"end\n"
			"return filled\n",
};

/* SET with GET is one call a key; only where another guard was there its members are added to it. */
const weir__redis_script weir__redis_script_guard = {
	.sha = "7804de23000fda0b194e7f4775fd6b74faa68a44",
	.text = "local time, mine, ttl = redis.call('TIME'), ARGV[1], ARGV[2]\n"
			"if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. table.concat(KEYS, '\\n')) end\n"
			"local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
			"local guard = string.format('G%s:%d;', mine, now + ttl)\n"
			"local function join(key, was)\n"
			"  local all, longest = guard, tonumber(ttl)\n"
			"  for nonce, expiry in string.gmatch(was, '(%x+):(%d+);') do\n"
			"    local left = tonumber(expiry) - now\n"
			"    if nonce ~= mine and left > 0 then\n"
			"      all = all .. nonce .. ':' .. expiry .. ';'\n"
			"      if left > longest then longest = left end\n"
			"    end\n"
			"  end\n"
			"  redis.call('SET', key, all, 'PX', string.format('%d', longest))\n"
			"end\n"
			"for i = 1, #KEYS do\n"
			"  local was = redis.pcall('SET', KEYS[i], guard, 'PX', ttl, 'GET')\n"
			"  if was and (was.err or string.byte(was) == 71) then\n"
			"    join(KEYS[i], was.err and '' or was)\n"
			"  end\n"
			"end\n"
			"return #KEYS\n",
};

/* What was there is taken, and looked at: a guard of one member has 32 bytes, so that it is one's own is seen without reading it;
 * where others guard too, their guard is put back. Where a new stamp cannot be set (no memory left, another type) none is as
 * good. What this nonce does not guard (any more) may have been read since it was told. */
const weir__redis_script weir__redis_script_release = {
	.sha = "4fb65ddb6d294c39f97541e59b3d9cf4cc505d9d",
	.text =
		"local mine, ttl, own, untold = ARGV[1], ARGV[2], 'G' .. ARGV[1] .. ':', nil\n"
		"local function others(was)\n"
		"  local time = redis.call('TIME')\n"
		"  local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
		"  local guard, longest, told = 'G', 0, false\n"
		"  for nonce, expiry in string.gmatch(was, '(%x+):(%d+);') do\n"
		"    local left = tonumber(expiry) - now\n"
		"    if nonce == mine then\n"
		"      told = true\n"
		"    elseif left > 0 then\n"
		"      guard = guard .. nonce .. ':' .. expiry .. ';'\n"
		"      if left > longest then longest = left end\n"
		"    end\n"
		"  end\n"
		"  return guard, longest, told\n"
		"end\n"
		"local function set(key, stamp, ...)\n"
		"  if ttl == '-1' then return redis.pcall('SET', key, stamp, ...) end\n"
		"  return redis.pcall('SET', key, stamp, 'PX', ttl, ...)\n"
		"end\n"
		"for i = 1, #KEYS do\n"
		"  local key, stamp, was = KEYS[i], ARGV[i + 4], nil\n"
		"  if stamp == '' then was = redis.pcall('GET', key) else was = set(key, stamp, 'GET') end\n"
		"  local goes = was and (stamp == '' or was.err)\n"
		"  if not was or was.err or #was ~= 32 or string.sub(was, 1, 18) ~= own then\n"
		"    local told = false\n"
		"    if was and was.err and stamp ~= '' then was = redis.pcall('GET', key) end\n"
		"    if was and not was.err and string.byte(was) == 71 then\n"
		"      local guard, longest\n"
		"      guard, longest, told = others(was)\n"
		"      if longest > 0 then\n"
		"        redis.call('SET', key, guard, 'PX', string.format('%d', longest))\n"
		"        goes = false\n"
		"      end\n"
		"    end\n"
		"    if not told then\n"
		"      untold = untold or {}\n"
		"      untold[#untold + 1] = key\n"
		"    end\n"
		"  end\n"
		"  if goes then\n"
		"    redis.call('DEL', key)\n"
		"    if stamp ~= '' and was and was.err then set(key, stamp) end\n"
		"  end\n"
		"end\n"
		"if untold and ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. table.concat(untold, '\\n')) end\n"
		"return #KEYS\n",
};

const weir__redis_script weir__redis_script_remove = {
	.sha = "de13f984e987fc0ed5cc4688076b8c9d3234d3a6",
	.text = "local removed = 0\n"
			"for _, key in ipairs(KEYS) do\n"
			"  if redis.pcall('GETRANGE', key, 0, 0) ~= 'G' then\n"
			"    removed = removed + redis.call('UNLINK', key)\n"
			"  end\n"
			"end\n"
			"if ARGV[1] ~= '' then redis.call('PUBLISH', ARGV[1], ARGV[2] .. table.concat(KEYS, '\\n')) end\n"
			"return removed\n",
};
