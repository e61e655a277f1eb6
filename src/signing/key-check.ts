import { SIGNING_ALGORITHMS } from '../protocol/algorithms.ts'
import { publicPart, type SigningKey } from './key-set.ts'

/** What is wrong with the keys of a file, or undefined if every one signs. Never shows a private member. */
export async function keysProblem(keys: readonly unknown[]): Promise<string | undefined> {
  const kids = new Set<string>()
  for (const [at, key] of keys.entries()) {
    if (typeof key !== 'object' || key === null) return `key ${at + 1} is not an object`
    const { kid } = key as Partial<SigningKey>
    if (typeof kid !== 'string' || kid === '') return `key ${at + 1} has no kid`
    const name = `key ${JSON.stringify(kid)}`
    if (kids.has(kid)) return `${name} is listed twice`
    kids.add(kid)
    const problem = memberProblem(key) ?? (await useProblem(key as SigningKey))
    if (problem !== undefined) return `${name} ${problem}`
  }
  return undefined
}

function memberProblem({ alg, d, use, signs_from }: Partial<SigningKey>): string | undefined {
  if (!SIGNING_ALGORITHMS.some((one) => one === alg)) return `has no alg of ${SIGNING_ALGORITHMS.join(', ')}`
  if (typeof d !== 'string') return 'has no private part'
  // RFC 7517 §4.2.
  if (use !== undefined && use !== 'sig') return 'is not for signing: its use is not "sig"'
  if (signs_from !== undefined && !Number.isInteger(signs_from))
    return 'has a signs_from that is not in seconds'
  return undefined
}

// What it is must be tried: a key of another type, a short one, or one whose public part is another key's (everybody
// would refuse what it signs) is well-formed all the same.
async function useProblem(key: SigningKey): Promise<string | undefined> {
  const { CompactSign, compactVerify, importJWK } = await import('jose')
  const { alg } = key
  try {
    const sign = new CompactSign(new Uint8Array()).setProtectedHeader({ alg })
    const signed = await sign.sign(await importJWK(key, alg))
    await compactVerify(signed, await importJWK(publicPart(key), alg), { algorithms: [alg] })
    return undefined
  } catch (error) {
    return `does not work as ${alg}: ${(error as Error).message}`
  }
}
