import { OAuthError } from '../protocol/errors.ts'
import type { SecretGuess, SecretGuesses } from '../throttle/secret-guesses.ts'
import type { Client, Clients } from './client.ts'
import type { Presented } from './presented.ts'
import { failed, notFound, otherMethod, requirePublic } from './refusals.ts'
import type { ClientSecret } from './secret.ts'

type PresentedSecret = Extract<Presented, { readings: unknown }>

/**
 * Authenticates a client by its secret. What others have tried makes a right one never wait, nor does the store; only one that
 * can be guessed is not looked at if too many wrong ones came from there, unless the client is known there.
 */
export function secretAuthenticator({ clients, guesses }: { clients: Clients; guesses: SecretGuesses }) {
  return async ({ method, readings }: PresentedSecret, address: string, now: number): Promise<Client> => {
    let refusal: OAuthError | undefined
    let wrong: readonly SecretGuess[] = NONE
    for (const { client_id, client_secret } of readings) {
      const client = await clients.find(client_id)
      if (client === undefined) {
        refusal ??= await notFound(clients, client_id)
        continue
      }
      // Many libraries send a public client's id as Basic with an empty password.
      if (client_secret === '') return requirePublic(client, client_id)
      const problem = methodProblem(client, client_id, method)
      if (problem !== undefined) {
        refusal ??= problem
        continue
      }
      const { secret } = client as Client & { secret: ClientSecret }
      const { guessable } = secret
      const guess = { client_id, address, secret: client_secret, guessable }
      const seconds = guesses.wait(guess, now)
      if (seconds === 0 || !guessable || guesses.isKnown(guess, now)) {
        const verified = secret.verify(client_secret)
        // Awaited only if it is a promise: every request at the token endpoint passes here.
        if (typeof verified === 'boolean' ? verified : await verified) {
          if (guessable) guesses.right(guess, now)
          return client as Client
        }
      }
      refusal = seconds > 0 ? tooMany(seconds, client_id) : failed('wrong secret', client_id)
      // One that has to wait is not counted, or whoever goes on would wait for ever.
      if (seconds === 0) wrong = [...wrong, guess]
    }
    for (const guess of wrong) await guesses.wrong(guess, now)
    throw refusal ?? failed('no credentials')
  }
}

const NONE: readonly SecretGuess[] = []

/** Why this client cannot authenticate by this method, whatever its secret is. */
function methodProblem(
  client: Client,
  client_id: string,
  method: PresentedSecret['method'],
): OAuthError | undefined {
  if (client.auth_methods.includes(method)) return undefined
  if (client.auth_methods.includes('none')) return failed('it is public, but a secret was sent', client_id)
  return otherMethod(client)
}

function tooMany(seconds: number, client_id: string): OAuthError {
  return new OAuthError('temporarily_unavailable', 'too many wrong client secrets; try again later', {
    status: 429,
    retryAfter: seconds,
    detail: 'too many wrong secrets of this client from this address',
    client_id,
  })
}
