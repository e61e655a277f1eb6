import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from './config-error.ts'
import { readProblem, writeProblem } from './file-access.ts'
import { readSecretKeys } from './readers.ts'

/** Keys that are kept in a file of ours. */
export interface KeptKeys {
  keys: readonly string[]
  /** Whether they were made now. */
  made: boolean
}

/**
 * Reads the keys kept in the file at `path`, and makes them if there is no such file. Of several processes that start at once one makes
 * it, and the others read what it made. Throws `ConfigError` if it can be neither read nor made.
 */
export function keptKeys(path: string): KeptKeys {
  const found = foundKeys(path)
  if (found !== undefined) return { keys: found, made: false }
  const key = randomBytes(32).toString('hex')
  try {
    const file = openSync(path, 'wx', 0o600)
    writeFileSync(file, `${key}\n`)
    // What is sealed with it is on the disk soon: the key must not come later.
    fsyncSync(file)
    closeSync(file)
    const folder = openSync(dirname(path), 'r')
    fsyncSync(folder)
    closeSync(folder)
    return { keys: [key], made: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new ConfigError(
        `SECRET_KEYS is not set, and a file for them, ${path}, ${writeProblem(error, path)}; or set SECRET_KEYS to what openssl rand -hex 32 prints, or another STORE`,
      )
    return { keys: foundKeys(path, ATTEMPTS) ?? unusable(path), made: false }
  }
}

// Whoever makes the file writes it a moment later.
const ATTEMPTS = 50

/** Reads the keys kept in the file at `path`; undefined if there is no such file. Throws `ConfigError` if it has none. */
export function foundKeys(path: string, attempts = 1): readonly string[] | undefined {
  for (let at = 0; at < attempts; at++) {
    const text = textOf(path)
    if (text === undefined) return undefined
    if (text.trim() !== '') return readSecretKeys(text.trim()) ?? unusable(path)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
  return unusable(path)
}

function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    // Whoever reads it can make every token.
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(
      `SECRET_KEYS is not set, and ${path}, where they are kept, ${readProblem(error, path)}; or set another STORE`,
    )
  }
}

function unusable(path: string): never {
  throw new ConfigError(
    `${path} has no usable keys; restore it from a copy: what was sealed with them can be opened by nothing else`,
  )
}
