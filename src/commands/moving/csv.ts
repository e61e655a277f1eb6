import { createReadStream } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import type { Workbench } from '../../composition/workbench.ts'
import { ConfigError } from '../../config/config-error.ts'
import { readProblem } from '../../config/file-access.ts'
import { nearest } from '../../config/names.ts'
import { isPasswordHash, kindOfHash, passwordHashProblem } from '../../passwords/password-hash.ts'
import { announcePeople, createPerson, type NewPerson, PersonRefused } from '../../users/person-changes.ts'
import type { Output } from '../output.ts'
import { checkedEntry } from '../users/person.ts'

const LISTS = new Set(['groups', 'roles'])
const FLAGS = new Set(['email_verified', 'phone_number_verified'])
const TEXTS = new Set([
  ...[
    'username',
    'sub',
    'password_hash',
    'email',
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
  ],
  ...[
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'phone_number',
  ],
])
// Bytes of one line: more than anybody's.
const MAX_LINE = 65_536
// Writes that share a commit.
const AT_ONCE = 32

/** How many were taken in, and why others were not: each with its line. */
export interface Imported {
  people: number
  refused: string[]
}

/**
 * Takes in people from a CSV file (RFC 4180), a line at a time, so that a million of them need no more memory than a hundred. A line
 * that is wrong is left out and named; it quotes nothing of the line but the user name. Throws `ConfigError` for a file that
 * cannot be read as such, or whose first line names what there is not.
 */
export async function importPeople(
  bench: Workbench,
  { file, dryRun }: { file: string; dryRun: boolean },
  output: Output,
): Promise<Imported> {
  const people = bench.people
  const imported: Imported = { people: 0, refused: [] }
  const take = async ({ record, info }: Line) => {
    const line = `line ${info.lines}`
    try {
      const person = personOf(record)
      if (!dryRun) await createPerson(people, person, { announce: false })
      imported.people++
    } catch (error) {
      if (!(error instanceof PersonRefused || error instanceof ConfigError)) throw error
      imported.refused.push(`${line}: ${error.message}`)
    }
  }
  const kinds = new Set<string>()
  let waiting: Promise<void>[] = []
  try {
    for await (const line of linesOf(file)) {
      waiting.push(take(line))
      // The first of a kind of hash waits until that is known; a later line must not overtake it and get its name.
      if (waiting.length < AT_ONCE && !isFirstOfKind(kinds, line.record.password_hash)) continue
      await Promise.all(waiting)
      waiting = []
      output.progress(`${imported.people} people`)
    }
  } finally {
    await Promise.all(waiting)
    // Once for all: a change of the version for each would make every node forget everybody a million times.
    if (!dryRun) await announcePeople(people)
    output.progress('')
  }
  return imported
}

function isFirstOfKind(kinds: Set<string>, password_hash: string | undefined): boolean {
  if (!password_hash || !isPasswordHash(password_hash)) return false
  const before = kinds.size
  return kinds.add(kindOfHash(password_hash)).size > before
}

interface Line {
  record: Record<string, string>
  info: { lines: number }
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  const input = createReadStream(file)
  const parser = parse({
    ...{ bom: true, info: true, skip_empty_lines: true, trim: true, max_record_size: MAX_LINE },
    columns: (names: string[]) => names.map(columnOf),
  })
  input.on('error', (error) => parser.destroy(error))
  try {
    for await (const line of input.pipe(parser)) yield line as Line
  } catch (error) {
    if (error instanceof CsvError)
      throw new ConfigError(
        `${file}, line ${error.lines ?? '?'}: not CSV as it should be (${error.code}); nothing after it was read`,
      )
    if ((error as NodeJS.ErrnoException).code !== undefined)
      throw new ConfigError(`${file} ${readProblem(error, file)}`)
    throw error
  }
}

function columnOf(name: string): string {
  const known = [...TEXTS, ...LISTS, ...FLAGS]
  if (known.includes(name)) return name
  const meant = nearest(name, known, 2)
  throw new ConfigError(
    `the first line names a column that there is not: ${JSON.stringify(name.slice(0, 40))}; ${meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`}`,
  )
}

function personOf(record: Record<string, string>): NewPerson {
  const { username = '', sub, password_hash, ...about } = record
  if (username === '') throw new ConfigError('username is empty')
  const problem = password_hash ? passwordHashProblem(password_hash) : undefined
  if (problem !== undefined) throw new ConfigError(`password_hash ${problem}`)
  const entry = Object.entries(about).flatMap(([name, text]) =>
    text === '' ? [] : [[name, claimOf(name, text)]],
  )
  // Whoever brings the list vouches for its addresses, as whoever writes the file does.
  const vouched = about.email && !about.email_verified ? { email_verified: true } : {}
  return {
    entry: checkedEntry({ username, ...Object.fromEntries(entry), ...vouched }),
    ...(sub && { sub }),
    ...(password_hash && { password_hash }),
  }
}

function claimOf(name: string, text: string): unknown {
  if (LISTS.has(name)) return text.split(/[\s;]+/).filter((one) => one !== '')
  if (!FLAGS.has(name)) return text
  if (/^(true|yes|1)$/i.test(text)) return true
  if (/^(false|no|0)$/i.test(text)) return false
  throw new ConfigError(`${name} is neither true nor false`)
}
