import { chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { platform } from 'node:os'
import { ConfigError } from '../config/config-error.ts'
import { checkWriters, readProblem, writeProblem } from '../config/file-access.ts'
import { randomText } from '../secrets/random.ts'
import { withLock } from './file-lock.ts'
import { keysProblem } from './key-check.ts'
import type { KeySet } from './key-set.ts'

/** Where the signing keys are kept. */
export interface KeyVault {
  /** The set, or undefined if none was made yet. `stale`: to be written again, under the present secret. */
  read(): Promise<{ set: KeySet; stale: boolean } | undefined>
  /** Replaces the set by what `change` makes of the present one (empty for none). Returns what is kept then. */
  change(change: (set: KeySet) => KeySet): Promise<KeySet>
}

/** Keys in a file: a JWK set with private keys, made if there is none, readable by its owner alone. */
export class FileVault implements KeyVault {
  readonly #path: string
  readonly #notice: (text: string) => void
  /** What was read last: checked once, not at every look. */
  #known: { text: string; set: KeySet } | undefined

  /** `notice` is told what the operator should know. */
  constructor(path: string, notice: (text: string) => void = () => {}) {
    this.#path = path
    this.#notice = notice
  }

  async read() {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw this.#problem(readProblem(error, this.#path))
    }
    if (this.#known?.text !== text) {
      const notices = this.#checkMode()
      this.#known = { text, set: await this.#parse(text) }
      for (const notice of notices) this.#notice(notice)
    }
    return { set: this.#known.set, stale: false }
  }

  async change(change: (set: KeySet) => KeySet): Promise<KeySet> {
    try {
      return await withLock(this.#path, async () => {
        const set = (await this.read())?.set ?? []
        const next = change(set)
        if (next !== set) this.#write(`${JSON.stringify({ keys: next }, null, 2)}\n`)
        return next
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      throw this.#problem(writeProblem(error, this.#path))
    }
  }

  #write(text: string): void {
    const draft = `${this.#path}.${randomText(6)}`
    try {
      writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
      const before = statSync(this.#path, { throwIfNoEntry: false })
      // Root may rotate the keys of a server that runs as somebody else, who must be able to read them afterwards.
      if (before !== undefined) {
        const { uid, gid } = statSync(draft)
        if (uid !== before.uid || gid !== before.gid) chownSync(draft, before.uid, before.gid)
        chmodSync(draft, before.mode & 0o777)
      }
      renameSync(draft, this.#path)
    } finally {
      rmSync(draft, { force: true })
    }
  }

  async #parse(text: string): Promise<KeySet> {
    let document: { keys?: unknown } | null
    try {
      document = JSON.parse(text)
    } catch {
      throw this.#problem('is not JSON')
    }
    const keys = document?.keys
    if (!Array.isArray(keys)) throw this.#problem('is not a JWK set: it has no list "keys"')
    const problem = await keysProblem(keys)
    if (problem !== undefined) throw this.#problem(`cannot be used: ${problem}`)
    return keys
  }

  /** What others may do with the file. Throws `ConfigError` if everybody may put keys of their own there. */
  #checkMode(): string[] {
    const notices = checkWriters(`${this.#name}, which`, this.#path)
    // Windows has no such modes.
    const mode = platform() === 'win32' ? 0 : (statSync(this.#path, { throwIfNoEntry: false })?.mode ?? 0)
    if ((mode & 0o044) === 0) return notices
    const octal = (mode & 0o777).toString(8)
    return [...notices, `${this.#name}, whose mode ${octal} lets others read the private keys; chmod 600 it`]
  }

  #problem(what: string): ConfigError {
    return new ConfigError(`${this.#name}, which ${what}`)
  }

  get #name(): string {
    return `SIGNING_KEYS_FILE is ${JSON.stringify(this.#path)}`
  }
}
