import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '../config/config-error.ts'
import { isUsablePassword, MAX_PASSWORD_BYTES } from '../passwords/password-queue.ts'

// 2026: about a quarter of a second on a small machine.
const COST = 12

interface Streams {
  input: NodeJS.ReadStream
  output: NodeJS.WritableStream
  error: NodeJS.WritableStream
}

/** The command: at this process' terminal, or its pipe. */
export async function run(): Promise<void> {
  await hashPassword({ input: process.stdin, output: process.stdout, error: process.stderr })
}

/**
 * `npm run hash-password`: reads one password twice from the terminal, unseen, or the first line of standard input;
 * prints its bcrypt hash alone, so that it can be piped. Throws `ConfigError` for one that bcrypt would not take whole,
 * or that was not typed the same again.
 */
export async function hashPassword({ input, output, error }: Streams): Promise<void> {
  // SP 800-63B-4 §3.1.1.2: the composed form, whatever this keyboard sends; a login tries it too.
  const password = (await readPassword(input, error)).normalize('NFC')
  if (password === '' && !input.isTTY) throw new ConfigError(NOTHING)
  if (!isUsablePassword(password)) throw new ConfigError(`the password ${problemOf(password)}`)
  const { default: bcrypt } = await import('bcrypt')
  output.write(`${await bcrypt.hash(password, COST)}\n`)
}

// Without -it, Docker passes an input that has already ended.
const NOTHING =
  'the password is empty: there is no terminal to type it at, and the first line of standard input has none. ' +
  'In a container: docker run --rm -it postern hash-password. Or pipe it, there with -i instead of -it'

function problemOf(password: string): string {
  if (password === '') return 'is empty; type one'
  if (password.includes('\0')) return 'has a NUL character, where bcrypt would end it; leave it out'
  return `has ${Buffer.byteLength(password)} bytes; bcrypt takes ${MAX_PASSWORD_BYTES} and would silently ignore the rest`
}

async function readPassword(input: NodeJS.ReadStream, prompt: NodeJS.WritableStream): Promise<string> {
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
    if (terminal && isUsablePassword(password) && (await ask('The same again: ')) !== password) {
      throw new ConfigError('the two passwords differ, so there is no hash; start again')
    }
    return password
  } finally {
    lines.close()
  }
}
