import type { Ask } from '../authorization/ask.ts'
import type { Decided } from '../authorization/complete.ts'
import type { Approved } from '../consents/approved.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { ViewName, Views } from '../http/views/index.ts'
import type { AccountView, ClientView, Notice } from '../http/views/view.ts'
import type { Device } from '../logins/login-guard.ts'
import type { Visitor } from '../logins/visitors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { User } from '../users/user.ts'

/** What the page of every step is made from beside what is asked. */
export interface Common {
  /** Where the form posts to. */
  action: string
  csrf: string
  notice?: Notice
  /** Who asks; absent if this server does. */
  client?: ClientView
  /** The login page for the same ask, for somebody else. */
  login_href: string
}

/** The same for the page of a step that speaks for a person. */
export interface PersonCommon extends Common {
  client: ClientView
  account: AccountView
  /** What the person has approved before, if that counts here. */
  approved?: Approved | undefined
}

/** What a posted form led to. */
export type Outcome =
  /** The step is done: back to who asks, who looks at what comes next. */
  | { result: 'back' }
  /** The person has decided about what was asked. */
  | ({ result: 'decided' } & Decided)
  /** Somebody has proven who they are, by these methods (RFC 8176 names). */
  | { result: 'logged_in'; user: User; amr: readonly string[]; remembered: boolean }
  /** The same page again, with what the person is told. `retry_after` in seconds. */
  | {
      result: 'shown'
      notice: Notice
      status: number
      retry_after?: number
      events: readonly SecurityEvent[]
    }
  /** The form is none that our page has. */
  | { result: 'misfit' }

interface Step<Name extends ViewName> {
  /** What a form's token says it is for. */
  readonly name: string
  readonly path: `/${string}`
  readonly view: Name
  /** What the page has shown: a form of another page is refused. More than the digest if the same ask can show different things. */
  shown(ask: Ask): string
}

/** A step for whoever is at the browser: its form stands for nobody yet. */
export interface OpenStep<Name extends ViewName = ViewName> extends Step<Name> {
  readonly speaksFor: 'nobody'
  /** `form`: what was posted, if the page is shown again. */
  page(ask: Ask, common: Common, form: Parameters | undefined): Views[Name]
  submit(
    form: Parameters,
    sent: { ask: Ask; address: string; device: Device | undefined; now: number },
  ): Promise<Outcome>
}

/** A step for a person who is logged in: its form stands for their decision. */
export interface PersonStep<Name extends ViewName = ViewName> extends Step<Name> {
  readonly speaksFor: 'person'
  page(ask: Ask, common: PersonCommon): Views[Name]
  submit(form: Parameters, sent: { ask: Ask; visitor: Visitor; now: number }): Promise<Outcome>
}

/**
 * One page of a flow, and what its form does. It sees no reply, cookie or token, so it cannot forget one: `registerStep`
 * owns these for all steps.
 */
export type PageStep = OpenStep | PersonStep
