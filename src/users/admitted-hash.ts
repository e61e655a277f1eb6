import { kindOfHash, kindsProblem, passwordHashProblem } from '../passwords/password-hash.ts'
import type { Registry } from '../registry/registry.ts'

/**
 * Makes the kind of a hash known, before anybody has it: no guess then tells that somebody does. Refuses, by `refuse`, what is no
 * hash, and one that would make every guess too dear beside those of the others. Throws `StoreUnavailable`.
 */
export async function admitHash(
  registry: Registry,
  password_hash: string,
  refuse: (problem: string) => never,
): Promise<void> {
  const problem = passwordHashProblem(password_hash)
  if (problem !== undefined) refuse(problem)
  const kind = kindOfHash(password_hash)
  if ((await registry.state()).hash_kinds.includes(kind)) return
  await registry.change(({ hash_kinds }) => {
    const kinds = [...new Set([...hash_kinds, kind])]
    const tooMany = kindsProblem(kinds)
    if (tooMany !== undefined) refuse(tooMany)
    return { hash_kinds: kinds }
  })
}
