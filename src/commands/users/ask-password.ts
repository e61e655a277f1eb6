import { ConfigError } from '../../config/config-error.ts'
import { passwordHashProblem } from '../../passwords/password-hash.ts'
import type { PasswordQueue } from '../../passwords/password-queue.ts'
import { chosenProblem, MIN_CHOSEN } from '../../passwords/typed-password.ts'
import { readSecret } from '../read-secret.ts'

/** Asks for a new password, and returns its hash. Throws `ConfigError` for one that nobody may choose. */
export async function askPassword(queue: PasswordQueue): Promise<string> {
  const password = await readSecret('Password')
  const problem = chosenProblem(password)
  if (problem === 'short') throw new ConfigError(`the password has fewer than ${MIN_CHOSEN} characters`)
  if (problem === 'long') throw new ConfigError('the password is longer than 1000 bytes')
  return queue.hashChosen(password)
}

/** Asks for a hash that somebody brings along. Throws `ConfigError` for what is none. */
export async function askPasswordHash(): Promise<string> {
  const text = await readSecret('Hash of the password', { twice: false })
  const problem = passwordHashProblem(text)
  if (problem !== undefined) throw new ConfigError(`that ${problem}`)
  return text
}
