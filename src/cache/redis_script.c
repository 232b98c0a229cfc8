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
	.sha = "1f8897d0913abc05beb269b1649be36ffcd7d047",
	.text = "local time, mine, ttl = redis.call('TIME'), ARGV[1], ARGV[2]\n"
			"if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. table.concat(KEYS, '\\n')) end\n"
			"local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
			"local guard = string.format('G%s:%.0f;', mine, now + ttl)\n"
			"local function join(key, was)\n"
			"  local all, longest = guard, tonumber(ttl)\n"
			"  for nonce, expiry in string.gmatch(was, '(%x+):(%d+);') do\n"
			"    local left = tonumber(expiry) - now\n"
			"    if nonce ~= mine and left > 0 then\n"
			"      all = all .. nonce .. ':' .. expiry .. ';'\n"
			"      if left > longest then longest = left end\n"
			"    end\n"
			"  end\n"
			"  redis.call('SET', key, all, 'PX', string.format('%.0f', longest))\n"
			"end\n"
			"for i = 1, #KEYS do\n"
			"  local was = redis.pcall('SET', KEYS[i], guard, 'PX', ttl, 'GET')\n"
			"  if was and (was.err or string.byte(was) == 71) then\n"
			"    join(KEYS[i], was.err and '' or was)\n"
			"  end\n"
			"end\n"
			"return #KEYS\n",
};

/* A guard of one member has 32 bytes: that it is one's own is seen without reading it. Bare keys stand last. Where a new stamp cannot be set (no memory left) none is as good. What this nonce does not guard (any more) may have been read
 * since it was told. */
const weir__redis_script weir__redis_script_release = {
	.sha = "0622d4caa48ab72bf979106f774322b80ed76359",
	.text = "local mine, ttl, channel, bare = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])\n"
			"local count, now, untold = #KEYS - bare, nil, nil\n"
			"local function others(was)\n"
			"  local time = redis.call('TIME')\n"
			"  now = now or time[1] * 1000 + math.floor(time[2] / 1000)\n"
			"  local guard, longest, told = '', 0, false\n"
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
			"for i = 1, count do\n"
			"  local key, stamp, guard, longest, told = KEYS[i], ARGV[i + 5], '', 0, false\n"
			"  local was = redis.pcall('GET', key)\n"
			"  if was and #was == 32 and string.byte(was) == 71 and string.sub(was, 2, 17) == mine then\n"
			"    told = true\n"
			"  elseif was and not was.err and string.byte(was) == 71 then\n"
			"    guard, longest, told = others(was)\n"
			"  end\n"
			"  if not told then\n"
			"    untold = untold or {}\n"
			"    untold[#untold + 1] = key\n"
			"  end\n"
			"  if guard ~= '' then\n"
			"    redis.call('SET', key, 'G' .. guard, 'PX', string.format('%.0f', longest))\n"
			"  elseif stamp == '' then\n"
			"    if was then redis.call('DEL', key) end\n"
			"  else\n"
			"    local set\n"
			"    if ttl == '-1' then\n"
			"      set = redis.pcall('SET', key, stamp)\n"
			"    else\n"
			"      set = redis.pcall('SET', key, stamp, 'PX', ttl)\n"
			"    end\n"
			"    if set.err then redis.call('DEL', key) end\n"
			"  end\n"
			"end\n"
			"if bare > 0 then redis.call('DEL', unpack(KEYS, count + 1)) end\n"
			"if channel ~= '' and (untold or bare > 0) then\n"
			"  local told = table.concat(KEYS, '\\n', count + 1)\n"
			"  if untold then told = table.concat(untold, '\\n') .. '\\n' .. told end\n"
			"  redis.call('PUBLISH', channel, ARGV[4] .. told)\n"
			"end\n"
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
