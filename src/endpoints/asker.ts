import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ask } from '../authorization/ask.ts'
import type { Decided } from '../authorization/complete.ts'
import type { Refusal, Situation } from '../authorization/next-step.ts'
import { rawQuery } from '../http/form.ts'
import type { Visitor } from '../logins/visitors.ts'

/** A request with the reply it gets: what every function of the front channel needs. */
export interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

/**
 * Who asks a person for something: a client with an authorization request, or a page of this server. The steps serve all
 * of them alike; what was asked travels in the query of each step's URL.
 */
export interface Asker<A extends Ask = Ask> {
  /** Whether the query of a step's URL (with its `?`, or empty) is one of this asker's. */
  asks(query: string): boolean
  /** The path, with the query of this step's URL, where it all began. */
  back(request: FastifyRequest): string
  /** Reads what is asked, from scratch. Undefined if it is not right (any more): `back` then says why. */
  read(request: FastifyRequest): Promise<A | undefined>
  /**
   * Gives what was asked for, or not, by the person's decision. False if the situation has changed: it must be looked at
   * again. A reply is a promise, which a caller that awaits it never sees: so this returns whether one was sent.
   */
  finish(
    exchange: Exchange,
    finished: { situation: Situation<A>; visitor: Visitor; decided: Decided },
  ): Promise<boolean>
  /** Says that it cannot be. */
  refuse(
    exchange: Exchange,
    refused: { situation: Situation<A>; visitor: Visitor | undefined; error: Refusal },
  ): Promise<FastifyReply>
}

/** Finds who asks on a step's URL, and what. `ask` is undefined if it is not right any more. Throws if nobody asks so. */
export async function askOn(
  request: FastifyRequest,
  askers: readonly Asker[],
): Promise<{ asker: Asker; ask: Ask | undefined }> {
  const query = rawQuery(request)
  const asker = askers.find((candidate) => candidate.asks(query))
  if (asker === undefined) throw new Error('no asker reads this query')
  return { asker, ask: await asker.read(request) }
}
