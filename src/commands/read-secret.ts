import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '../config/config-error.ts'

/**
 * Reads something secret: at a terminal unseen, and twice unless `twice` is false; else the first line of standard input. It is never a
 * word of the command line, which other users of the machine, and the shell's history, can see. Throws `ConfigError` if there is
 * none, or if it was not typed the same again.
 */
export async function readSecret(
  what: string,
  { input = process.stdin, prompt = process.stderr, twice = true } = {},
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
    const secret = await ask(`${what} (not shown): `)
    if (secret === '')
      throw new ConfigError(
        `${what.toLowerCase()} is empty; type it, or pipe it as the first line of standard input (in a container with -i)`,
      )
    if (terminal && twice && (await ask('The same again: ')) !== secret)
      throw new ConfigError('the two differ, so nothing was changed; start again')
    return secret
  } finally {
    lines.close()
  }
}
