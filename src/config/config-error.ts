/** The configuration is wrong. The message is one line for the operator: what, where, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Refuses an entry because of one of its fields, named relative to it. Who registers the entry says how. */
export type Fail = (field: string, problem: string) => never

/** How the file refuses its entry at `path`: `/clients/0/scope (client web): must be …`. */
export function failAt(path: string, who: string): Fail {
  return (field, problem) => {
    throw new ConfigError(`${path}/${field} (${who}): ${problem}`)
  }
}

/** How a hash is made, in both forms in which Postern is run. */
export const MAKE_HASH =
  'make one with: npm run hash-password, or in the image: docker run --rm -it postern hash-password'

/** Does `work`, which reads entries of the file; what it says of one of them, by its path, gets the file's name. */
export async function inFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ConfigError && error.message.startsWith('/'))) throw error
    throw new ConfigError(`${file || 'the demo'}: ${error.message}`)
  }
}
