import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ConfigError } from '../config/config-error.ts'

/**
 * Reads something secret that somebody chooses: at a terminal unseen, and twice unless `twice` is false; else the first line of standard
 * input. It is never a word of the command line, which other users of the machine, and the shell's history, can see. Throws
 * `ConfigError` if there is none, or if it was not typed the same again.
 */
export async function readSecret(what: string, { twice = true } = {}): Promise<string> {
  const again = twice && process.stdin.isTTY === true
  const [secret = '', same] = await readSecrets(again ? [what, 'The same again'] : [what])
  if (again && same !== secret) throw new ConfigError('the two differ, so nothing was changed; start again')
  return secret
}

/** Reads several: a line each. Throws `ConfigError` if one is empty. */
export async function readSecrets(
  questions: readonly string[],
  { input = process.stdin, prompt = process.stderr } = {},
): Promise<string[]> {
  const terminal = input.isTTY === true
  // The terminal's echo goes nowhere; the prompt goes past it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: terminal ? nowhere : undefined, terminal })
  const each = lines[Symbol.asyncIterator]()
  const answers: string[] = []
  try {
    for (const question of questions) {
      if (terminal) prompt.write(`${question} (not shown): `)
      const { value = '' } = await each.next()
      if (terminal) prompt.write('\n')
      if (value === '')
        throw new ConfigError(
          `${question.toLowerCase()}: nothing was given; type it, or pipe it into standard input, a line each (in a container with -i)`,
        )
      answers.push(value)
    }
    return answers
  } finally {
    lines.close()
  }
}
