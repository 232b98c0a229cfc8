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

const weir__redis_script weir__redis_script_guard = {
	.sha = "e630b463c9bd7b18d6d23690a5b77fb455904e8b",
	.text = "if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. table.concat(KEYS, '\\n')) end\n"
			"local time = redis.call('TIME')\n"
			"local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
			"local mine, ttl = ARGV[1], tonumber(ARGV[2])\n"
			"local member = string.format('%s:%.0f;', mine, now + ttl)\n"
			"for _, key in ipairs(KEYS) do\n"
			"  local guard, longest = 'G' .. member, ttl\n"
			"  if redis.pcall('GETRANGE', key, 0, 0) == 'G' then\n"
			"    for nonce, expiry in string.gmatch(redis.call('GET', key), '(%x+):(%d+);') do\n"
			"      local left = tonumber(expiry) - now\n"
			"      if nonce ~= mine and left > 0 then\n"
			"        guard = guard .. nonce .. ':' .. expiry .. ';'\n"
			"        if left > longest then longest = left end\n"
			"      end\n"
			"    end\n"
			"  end\n"
			"  redis.call('SET', key, guard, 'PX', string.format('%.0f', longest))\n"
			"end\n"
			"return #KEYS\n",
};

/* Where a new stamp cannot be set (no memory left) none is as good. What this nonce does not guard (any more) may have been read
 * since it was told. */
const weir__redis_script weir__redis_script_release = {
	.sha = "d63517e7d2d27a3c81f5da664191a4e71336ba8d",
	.text = "local now\n"
			"local mine, ttl, channel, untold = ARGV[1], ARGV[2], ARGV[3], {}\n"
			"local function others(key)\n"
			"  local time = redis.call('TIME')\n"
			"  now = now or time[1] * 1000 + math.floor(time[2] / 1000)\n"
			"  local guard, longest, told = '', 0, false\n"
			"  for nonce, expiry in string.gmatch(redis.call('GET', key), '(%x+):(%d+);') do\n"
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
			"for i, key in ipairs(KEYS) do\n"
			"  local stamp, guard, longest, told = ARGV[i + 4], '', 0, false\n"
			"  if redis.pcall('GETRANGE', key, 0, 0) == 'G' then\n"
			"    guard, longest, told = others(key)\n"
			"  end\n"
			"  if not told then untold[#untold + 1] = key end\n"
			"  if guard ~= '' then\n"
			"    redis.call('SET', key, 'G' .. guard, 'PX', string.format('%.0f', longest))\n"
			"  elseif stamp == '' then\n"
			"    redis.call('DEL', key)\n"
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
			"if #untold > 0 and channel ~= '' then\n"
			"  redis.call('PUBLISH', channel, ARGV[4] .. table.concat(untold, '\\n'))\n"
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
