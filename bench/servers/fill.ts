// Fills a store's file: node fill.ts, with JSON at its standard input. It multiplies a grant that a login has made, each copy with
// a key and an end of its own and its place in a person's index; prints refresh tokens of some of them, as JSON.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Keys } from '../../src/secrets/keys.ts'
import { makeRefreshToken } from '../../src/tokens/layouts.ts'
import { personName } from '../harness/registration.ts'

/** What is to be filled in. */
export interface Filling {
  file: string
  secretKey: string
  /** Grants to add; 0: only the tokens of those that are there. */
  grants: number
  people: number
  /** Tokens at most. */
  tokens: number
}

interface Row {
  id: string
  expires_at: number
  value: string
}

// Of one transaction.
const ROWS = 50_000
const DAY = 86_400

const { file, secretKey, grants, people, tokens }: Filling = JSON.parse(readFileSync(0, 'utf8'))
const database = new DatabaseSync(file)
// The file counts when it is whole, and a million rows in random order are quicker with room for them.
database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000')
const there = database
  .prepare("SELECT id, expires_at, value FROM record WHERE kind = 'grant'")
  .all() as unknown as Row[]
const [model] = there
if (model === undefined) throw new Error('the file has no grant')
const grant = JSON.parse(model.value)

function fill(): string[] {
  const put = database.prepare("INSERT INTO record VALUES ('grant', ?, ?, ?, ?)")
  const link = database.prepare('INSERT INTO link VALUES (?, ?, ?)')
  const ids: string[] = []
  for (let made = 0; made < grants; made++) {
    if (made % ROWS === 0) database.exec(made === 0 ? 'BEGIN' : 'COMMIT; BEGIN')
    const id = randomBytes(16).toString('base64url')
    const sub = personName(made % people)
    const sid = randomBytes(16).toString('base64url')
    const ends = model!.expires_at - (made % DAY)
    const value = { ...grant, sub, sid, refresh: { ...grant.refresh, expires_at: ends } }
    put.run(id, randomBytes(9).toString('base64url'), ends, JSON.stringify(value))
    link.run(`grants_of:${sub}`, id, grant.linked_until)
    ids.push(id)
  }
  database.exec('COMMIT')
  return ids
}

const ids = grants === 0 ? there.map(({ id }) => id) : fill()
database.close()
const keys = new Keys([secretKey])
const every = Math.max(1, Math.floor(ids.length / tokens))
const chosen = ids.filter((_, at) => at % every === 0).slice(0, tokens)
console.log(JSON.stringify(chosen.map((grant_id) => makeRefreshToken(keys, { grant_id, generation: 0 }))))
