import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ask } from '../../src/authorization/ask.ts'
import { nextStep, type Situation } from '../../src/authorization/next-step.ts'
import { consentRule } from '../../src/authorization/request.ts'
import { ACR_VALUES } from '../../src/protocol/acr.ts'
import type { Prompt } from '../../src/protocol/prompt.ts'
import type { Proof, ProofStep } from '../../src/sessions/session.ts'

const UNMET = 'unmet_authentication_requirements'
const T = 1_000_000
const ACCOUNT = { sub: 'alice', sid: 'sid', auth_time: T - 100, amr: ['pwd'], credential: 'c' }

interface Example {
  prompt?: readonly Prompt[]
  max_age?: number
  /** The essential authentication context classes. */
  acr?: readonly string[]
  loggedIn?: boolean
  /** Whether the person may use the client. */
  admitted?: boolean
  consented?: string
  /** A decision of before is over. */
  lapsed?: boolean
  stranger?: boolean
  /** The request names somebody (`claims`, `id_token_hint`). */
  names?: boolean
  /** Seconds since the proofs were made. */
  proof_age?: number
  proofs?: readonly ProofStep[]
  proofs_of?: string
  skip_consent?: boolean
  /** A public client on this machine: nothing is remembered for it. */
  anybody?: boolean
}

function situation(example: Example): Situation {
  const { prompt = [], max_age, loggedIn = true, consented, stranger = false, proofs = [] } = example
  const {
    names = stranger,
    proof_age = 0,
    proofs_of = 'digest',
    skip_consent = false,
    anybody = false,
  } = example
  const client = {
    client_id: 'app',
    skip_consent,
    trust_loopback: false,
    auth_methods: [anybody ? 'none' : 'client_secret_basic'],
  }
  const redirect_uri = anybody ? 'http://127.0.0.1/cb' : 'https://app.example/cb'
  const ask: Partial<Ask> = {
    consent: consentRule({ client, redirect_uri, redirect_uri_sent: true } as never, prompt),
    acr: example.acr,
    prompt,
    max_age,
    subjects: names ? ['somebody'] : undefined,
    consent_scope: 'email',
    approval: { scope: 'email' },
    digest: 'digest',
  }
  return {
    ask: ask as Ask,
    account: loggedIn ? ACCOUNT : undefined,
    admitted: example.admitted ?? true,
    consented: consented === undefined ? undefined : { scope: consented },
    lapsed: example.lapsed ?? false,
    stranger,
    proofs: proofs.map((step): Proof => ({ request_digest: proofs_of, step, at: T - proof_age })),
    now: T,
  }
}

function stepOf(example: Example): string {
  const step = nextStep(situation(example))
  return step.step === 'refuse' ? step.error : step.step
}

const EXAMPLES: readonly (readonly [string, Example, string])[] = [
  ['nobody is logged in', { loggedIn: false }, 'login'],
  ['a login, no decision yet', {}, 'consent'],
  ['a login and a decision that covers the request', { consented: 'email profile' }, 'answer'],
  ['a decision for less', { consented: 'profile' }, 'consent'],
  ['a client of our own', { skip_consent: true }, 'answer'],
  ['the same, approved for a time that is over', { skip_consent: true, lapsed: true }, 'consent'],
  ['a decision that is over, prompt=none', { lapsed: true, prompt: ['none'] }, 'consent_required'],
  [
    'a client that anybody on this machine could be: asked although decided',
    { consented: 'email', anybody: true },
    'consent',
  ],
  ['the same, marked as our own', { skip_consent: true, anybody: true }, 'consent'],
  ['prompt=login', { prompt: ['login'], consented: 'email' }, 'login'],
  ['prompt=login, done', { prompt: ['login'], consented: 'email', proofs: ['login'] }, 'answer'],
  [
    'prompt=login, done for another request',
    { prompt: ['login'], proofs: ['login'], proofs_of: 'other' },
    'login',
  ],
  ['prompt=login, and only a choice was made', { prompt: ['login'], proofs: ['select_account'] }, 'login'],
  ['prompt=consent, although decided', { prompt: ['consent'], consented: 'email' }, 'consent'],
  ['prompt=consent, although a client of our own', { prompt: ['consent'], skip_consent: true }, 'consent'],
  ['prompt=select_account', { prompt: ['select_account'], consented: 'email' }, 'select_account'],
  [
    'prompt=select_account, chosen',
    { prompt: ['select_account'], consented: 'email', proofs: ['select_account'] },
    'answer',
  ],
  [
    'prompt=select_account, answered by a login',
    { prompt: ['select_account'], consented: 'email', proofs: ['login'] },
    'answer',
  ],
  ['prompt=login consent', { prompt: ['login', 'consent'], consented: 'email' }, 'login'],
  [
    'prompt=login consent, logged in',
    { prompt: ['login', 'consent'], consented: 'email', proofs: ['login'] },
    'consent',
  ],
  [
    'prompt=select_account consent, chosen',
    { prompt: ['select_account', 'consent'], proofs: ['select_account'] },
    'consent',
  ],
  [
    'prompt=login select_account: the login was the choice',
    { prompt: ['login', 'select_account'], consented: 'email', proofs: ['login'] },
    'answer',
  ],
  ['max_age, younger', { max_age: 101, consented: 'email' }, 'answer'],
  ['max_age, as old', { max_age: 100, consented: 'email' }, 'login'],
  ['max_age=0 always asks', { max_age: 0, consented: 'email' }, 'login'],
  ['max_age=0, done', { max_age: 0, consented: 'email', proofs: ['login'] }, 'answer'],
  [
    'max_age=0, done a while ago',
    { max_age: 0, consented: 'email', proofs: ['login'], proof_age: 500 },
    'answer',
  ],
  [
    'max_age, the login for it still young enough',
    { max_age: 60, proofs: ['login'], proof_age: 59 },
    'consent',
  ],
  ['max_age, the login for it too old by now', { max_age: 60, proofs: ['login'], proof_age: 60 }, 'login'],
  [
    'max_age and prompt=login, the login for both too old by now',
    { prompt: ['login'], max_age: 60, proofs: ['login'], proof_age: 60 },
    'login',
  ],
  [
    'max_age=1: the pages after the login have their time',
    { max_age: 1, proofs: ['login'], proof_age: 9 },
    'consent',
  ],
  ['and not more', { max_age: 1, proofs: ['login'], proof_age: 10 }, 'login'],
  ['max_age, and only a choice was made', { max_age: 60, proofs: ['select_account'] }, 'login'],
  ['somebody who may not use the client', { admitted: false, consented: 'email' }, 'not_allowed'],
  ['the same with prompt=none', { admitted: false, prompt: ['none'] }, 'access_denied'],
  ['the same, and nobody is logged in', { admitted: false, loggedIn: false }, 'login'],
  ['an acr that no login here reaches, whoever is there', { acr: ['other'], loggedIn: false }, UNMET],
  ['the same with a login', { acr: ['other'], skip_consent: true }, UNMET],
  ['an acr that the login has reached', { acr: ['other', ...ACR_VALUES], skip_consent: true }, 'answer'],
  ['prompt=none, nobody', { prompt: ['none'], loggedIn: false }, 'login_required'],
  ['prompt=none, too old', { prompt: ['none'], max_age: 100, consented: 'email' }, 'login_required'],
  ['prompt=none, undecided', { prompt: ['none'] }, 'consent_required'],
  ['prompt=none, decided', { prompt: ['none'], consented: 'email' }, 'answer'],
  [
    'prompt=none, anybody on this machine',
    { prompt: ['none'], consented: 'email', anybody: true },
    'consent_required',
  ],
  ['somebody else than asked for', { stranger: true, consented: 'email' }, 'login'],
  ['somebody else, after a login', { stranger: true, proofs: ['login'] }, 'login_required'],
  [
    'prompt=none asks for who is here, who did not approve this: as for somebody else',
    { names: true, prompt: ['none'] },
    'login_required',
  ],
  [
    'prompt=none asks for who is here, who approved it',
    { names: true, prompt: ['none'], consented: 'email' },
    'answer',
  ],
  [
    'prompt=none names somebody, nobody is here',
    { names: true, loggedIn: false, prompt: ['none'] },
    'login_required',
  ],
  [
    'somebody else who approved this, prompt=none',
    { stranger: true, prompt: ['none'], consented: 'email' },
    'login_required',
  ],
  ['somebody else, prompt=none', { stranger: true, prompt: ['none'] }, 'login_required'],
]

for (const [title, example, step] of EXAMPLES) {
  test(`${title}: ${step}`, () => assert.equal(stepOf(example), step))
}
