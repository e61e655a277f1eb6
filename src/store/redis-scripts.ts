import { hash } from 'node:crypto'

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

/** Like SET with NX, where a record that is dead by the caller's clock does not count. ARGV: value, when Redis may forget it, the caller's clock. */
export const CREATE = script(`
local ends = string.match(redis.call('GETRANGE', KEYS[1], 0, 127), '^%S* (%d+) ')
if ends and (ends == '0' or tonumber(ends) > tonumber(ARGV[3])) then return 0 end
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2]) end
return 1`)

/** KEYS: counter. ARGV: the caller's clock, the new end, when Redis may forget it. Gives the count. */
export const INCREMENT = script(`
local count, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
count = (count and tonumber(ends) > tonumber(ARGV[1])) and tonumber(count) + 1 or 1
redis.call('SET', KEYS[1], string.format('%d %s', count, ARGV[2]), 'EXAT', ARGV[3])
return count`)

/**
 * KEYS: index, a sorted set by end. ARGV: member, its end, the caller's clock less the slack, the slack. Drops the
 * dead, and lets the index itself end with its last member. Gives the number of living members.
 */
export const LINK = script(`
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('EXPIREAT', KEYS[1], tonumber(last[2]) + tonumber(ARGV[4])) end
return redis.call('ZCOUNT', KEYS[1], '(' .. (ARGV[3] + ARGV[4]), '+inf')`)
