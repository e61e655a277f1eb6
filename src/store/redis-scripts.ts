import { hash } from 'node:crypto'
import { TALLIED } from './tally.ts'

/** A script of one verb, on one key. It knows how a value is framed, and nothing of what is in it. */
export interface Script {
  text: string
  sha: string
}

function script(text: string): Script {
  return { text, sha: hash('sha1', text, 'hex') }
}

/** KEYS: record. ARGV: expected revision, value, when Redis may forget it (empty: never), the caller's clock. */
export const REPLACE = script(`
local revision, ends = string.match(redis.call('GETRANGE', KEYS[1], 0, 127), '^(%S*) (%d+) ')
if revision ~= ARGV[1] or (ends ~= '0' and tonumber(ends) <= tonumber(ARGV[4])) then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'EXAT', ARGV[3]) end
return 1`)

/**
 * Like SET with NX, but a record that is dead by the caller's clock does not count. ARGV: value, when Redis may forget
 * it, the caller's clock.
 */
export const CREATE = script(`
local ends = string.match(redis.call('GETRANGE', KEYS[1], 0, 127), '^%S* (%d+) ')
if ends and (ends == '0' or tonumber(ends) > tonumber(ARGV[3])) then return 0 end
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2]) end
return 1`)

// What `tally.ts` says, on a value of `<end> <count>` pairs. ARGV of both scripts begins: the increment's end, the slack.
const TALLY = `
local was, ends, tally = redis.call('GET', KEYS[1]) or '', tonumber(ARGV[1]), {}
for one, count in string.gmatch(was, '(%d+) (%d+)') do tally[#tally + 1] = { tonumber(one), tonumber(count) } end
local function keep()
  if #tally == 0 then return redis.call('DEL', KEYS[1]) end
  local texts = {}
  for at, pair in ipairs(tally) do texts[at] = string.format('%d %d', pair[1], pair[2]) end
  local forgotten = string.format('%d', tally[#tally][1] + tonumber(ARGV[2]))
  redis.call('SET', KEYS[1], table.concat(texts, ' '), 'EXAT', forgotten)
end`

/** KEYS: counter. ARGV: the end, the slack, the caller's clock. Returns the former value, or an empty text. */
export const INCREMENT = script(`${TALLY}
if #tally == 0 or tally[#tally][1] <= tonumber(ARGV[3]) then was, tally = '', {} end
local at = #tally
while at > 0 and tally[at][1] > ends do at = at - 1 end
if at > 0 and tally[at][1] == ends then tally[at][2] = tally[at][2] + 1
else table.insert(tally, at + 1, { ends, 1 }) end
if #tally > ${TALLIED} then
  tally[2][2] = tally[2][2] + tally[1][2]
  table.remove(tally, 1)
end
keep()
return was`)

/** KEYS: counter. ARGV: the end, the slack. */
export const DECREMENT = script(`${TALLY}
local at = 1
while tally[at] and tally[at][1] < ends do at = at + 1 end
local merged = at == 1 and #tally == ${TALLIED}
if not tally[at] or (tally[at][1] ~= ends and not merged) then return 0 end
tally[at][2] = tally[at][2] - 1
if tally[at][2] == 0 then table.remove(tally, at) end
keep()
return 1`)

/**
 * KEYS: index, a sorted set by end. ARGV: member, its end, the caller's clock less the slack, the slack. Drops the
 * dead, and lets the index itself end with its last member. Returns the number of living members.
 */
export const LINK = script(`
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('EXPIREAT', KEYS[1], tonumber(last[2]) + tonumber(ARGV[4])) end
return redis.call('ZCOUNT', KEYS[1], '(' .. (ARGV[3] + ARGV[4]), '+inf')`)
