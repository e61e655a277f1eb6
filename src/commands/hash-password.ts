import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '../config/config-error.ts'
import { hasArgon2id, hashArgon2id, NO_ARGON2ID } from '../passwords/argon2id.ts'
import {
  hashBcrypt,
  isArgon2idPassword,
  isBcryptPassword,
  MAX_ARGON2ID_BYTES,
  MAX_BCRYPT_BYTES,
} from '../passwords/password-hash.ts'
import type { Action } from './action.ts'

// 2026: about a quarter of a second on a small machine.
const COST = 12

interface Streams {
  input: NodeJS.ReadStream
  output: NodeJS.WritableStream
  error: NodeJS.WritableStream
}

export const HASH_PASSWORD: Action = {
  summary:
    'reads a password, at the terminal or from standard input, and prints its hash: of Argon2id, or of bcrypt',
  takes: '',
  options: { bcrypt: { summary: 'a hash of bcrypt, which nodes of before Argon2id can read' } },
  examples: ['hash-password', 'hash-password --bcrypt'],
  plain: true,
  async run({ flag }) {
    const streams = { input: process.stdin, output: process.stdout, error: process.stderr }
    await hashPassword(streams, flag('bcrypt') ? 'bcrypt' : 'argon2id')
  },
}

const BCRYPT = '--bcrypt'

/**
 * `npm run hash-password`: reads one password twice from the terminal, unseen, or the first line of standard input;
 * prints its hash alone, so that it can be piped. Throws `ConfigError` for one that would not be taken whole, or that was not
 * typed the same again, and if this Node cannot make such a hash.
 */
export async function hashPassword(
  { input, output, error }: Streams,
  algorithm: 'bcrypt' | 'argon2id' = 'argon2id',
): Promise<void> {
  if (algorithm === 'argon2id' && !hasArgon2id()) throw new ConfigError(`${NO_ARGON2ID}: ${BCRYPT}`)
  const isWanted = algorithm === 'argon2id' ? isArgon2idPassword : isBcryptPassword
  // SP 800-63B-4 §3.1.1.2: the composed form, whatever this keyboard sends; a login tries it too.
  const password = (await readPassword(input, error, isWanted)).normalize('NFC')
  if (password === '' && !input.isTTY) throw new ConfigError(NOTHING)
  if (!isWanted(password)) throw new ConfigError(`the password ${problemOf(password, algorithm)}`)
  const made = algorithm === 'argon2id' ? hashArgon2id(password) : hashBcrypt(password, COST)
  output.write(`${await made}\n`)
}

// Without -it, Docker passes an input that has already ended.
const NOTHING =
  'the password is empty: there is no terminal to type it at, and the first line of standard input has none. ' +
  'In a container: docker run --rm -it postern hash-password. Or pipe it, there with -i instead of -it'

function problemOf(password: string, algorithm: 'bcrypt' | 'argon2id'): string {
  if (password === '') return 'is empty; type one'
  const bytes = Buffer.byteLength(password)
  if (algorithm === 'argon2id') return `has ${bytes} bytes; ${MAX_ARGON2ID_BYTES} are the most`
  if (password.includes('\0')) return 'has a NUL character, where bcrypt would end it; leave it out'
  return `has ${bytes} bytes; bcrypt takes ${MAX_BCRYPT_BYTES} and would silently ignore the rest; without ${BCRYPT} it is taken whole`
}

async function readPassword(
  input: NodeJS.ReadStream,
  prompt: NodeJS.WritableStream,
  isWanted: (password: string) => boolean,
): Promise<string> {
  const terminal = input.isTTY === true
  // The terminal's echo goes nowhere; the prompt goes past it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: terminal ? nowhere : undefined, terminal })
  const each = lines[Symbol.asyncIterator]()
  const ask = async (question: string): Promise<string> => {
    if (terminal) prompt.write(question)
    const { value } = await each.next()
    if (terminal) prompt.write('\n')
    return value ?? ''
  }
  try {
    const password = await ask('Password (not shown): ')
    // A slip that nobody sees would be found at the first login.
    if (terminal && isWanted(password) && (await ask('The same again: ')) !== password) {
      throw new ConfigError('the two passwords differ, so there is no hash; start again')
    }
    return password
  } finally {
    lines.close()
  }
}
