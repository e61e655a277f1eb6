import { changeClient, createClient, makeSecret } from '../../clients/client-changes.ts'
import type { ClientRecord, KeptSecret } from '../../clients/client-record.ts'
import { ConfigError } from '../../config/config-error.ts'
import { passwordHashProblem } from '../../passwords/password-hash.ts'
import { type Action, type Words, WrongUse } from '../action.ts'
import { moment } from '../output.ts'
import { readSecret } from '../read-secret.ts'
import { withWorkbench } from '../with-workbench.ts'
import { ABOUT, clientOfStore, entryWith } from './client.ts'

const DAY = 86_400

export const add: Action = {
  summary: 'makes a client, and prints its secret, this once',
  takes: '[<client_id>]',
  options: {
    ...ABOUT,
    public: { summary: 'without a secret: an application on a device, or in a browser' },
    'secret-hash': { summary: 'asks for a hash of bcrypt or Argon2id of a secret that it has already' },
  },
  examples: [
    'clients add my-app --redirect-uri https://my-app.example/callback --scope "openid email"',
    'clients add worker --grant-type client_credentials --scope jobs',
    'clients add signer --grant-type client_credentials --set token_endpoint_auth_method=private_key_jwt --set jwks_uri=https://signer.example/jwks.json',
    'clients add phone --public --redirect-uri com.example.phone:/callback --set client_name="My Phone"',
  ],
  async run(given, output) {
    const [client_id] = given.words
    await withWorkbench(async ({ bench, note }) => {
      const entry = entryWith({}, given)
      const { secret, secrets } = await secretsOf(given, entry, bench.now())
      const pkce = entry.require_pkce === undefined && !given.flag('public') ? { require_pkce: true } : {}
      const types = entry.grant_types ?? ['authorization_code', 'refresh_token']
      const wanted = { ...(types.includes('authorization_code') && pkce), ...entry, grant_types: types }
      const client = await createClient(bench.clientChanges, { client_id, entry: wanted, secrets })
      note('clients add', { client_id: client.client_id })
      if (output.json)
        return output.fields({
          client_id: client.client_id,
          ...wanted,
          ...(secret && { client_secret: secret }),
        })
      output.say(`client_id      ${client.client_id}`)
      if (secret !== undefined)
        output.say(
          `client_secret  ${secret}\nKeep the secret now: it is shown once, and only a digest of it is kept.`,
        )
    })
  },
}

async function secretsOf(
  given: Words,
  entry: ClientRecord['entry'],
  now: number,
): Promise<{ secret?: string; secrets: KeptSecret[] }> {
  if (hasKeys(entry)) {
    if (given.flag('public') || given.flag('secret-hash'))
      throw new WrongUse('a client with private_key_jwt has its keys, and no secret; leave out the flag')
    return { secrets: [] }
  }
  if (given.flag('public')) {
    if (given.flag('secret-hash'))
      throw new WrongUse('a public client has no secret; leave out one of the two')
    return { secrets: [] }
  }
  if (given.flag('secret-hash')) {
    const hash = await readSecret('Hash of the secret', { twice: false })
    const problem = passwordHashProblem(hash)
    if (problem !== undefined) throw new ConfigError(`that ${problem}`)
    return { secrets: [{ name: 'brought', hash, created_at: now }] }
  }
  const { secret, kept } = makeSecret('first', now)
  return { secret, secrets: [kept] }
}

function hasKeys({ token_endpoint_auth_method }: ClientRecord['entry']): boolean {
  return token_endpoint_auth_method === 'private_key_jwt'
}

export const set: Action = {
  summary: 'changes what is said of a client',
  takes: '<client_id>',
  options: ABOUT,
  examples: ['clients set my-app --redirect-uri https://my-app.example/callback --set skip_consent=true'],
  async run({ words: [client_id = ''], ...given }, output) {
    await withWorkbench(async ({ bench, note }) => {
      await clientOfStore(bench, client_id)
      const { entry } = await changeClient(bench.clientChanges, client_id, (record) => {
        const entry = entryWith(record.entry, { words: [], ...given })
        // Keys take the place of a secret: both at once contradict each other.
        return { ...record, entry, secrets: hasKeys(entry) ? [] : record.secrets }
      })
      note('clients set', { client_id })
      output.fields({ client_id, ...entry })
    })
  },
}

export const rotateSecret: Action = {
  summary: 'gives a client another secret, printed this once; the ones before are good for a while',
  takes: '<client_id>',
  options: {
    keep: { value: 'days', summary: 'how long those before are good; 7 without it' },
    now: { summary: 'those before end at once: the one that has leaked' },
    name: { value: 'name', summary: 'what the new one is called' },
  },
  examples: ['clients rotate-secret my-app', 'clients rotate-secret my-app --now && clients stop my-app'],
  async run({ words: [client_id = ''], text, flag }, output) {
    const days = Number(text('keep') ?? 7)
    if (!Number.isInteger(days) || days < 0 || days > 365)
      throw new WrongUse('--keep is a number of days, up to 365')
    await withWorkbench(async ({ bench, note }) => {
      await clientOfStore(bench, client_id)
      const at = bench.now()
      const { secret, kept } = makeSecret(text('name') ?? new Date(at * 1000).toISOString(), at)
      const until = at + (flag('now') ? 0 : days * DAY)
      await changeClient(bench.clientChanges, client_id, (record) => {
        const living = record.secrets.filter((one) => one.until === undefined || one.until > at)
        if (living.length === 0)
          throw new ConfigError(`the client ${client_id} has no secret: it is public, or has keys`)
        const ending = living.map((one) => ({ ...one, until: Math.min(one.until ?? until, until) }))
        return { ...record, secrets: [...(flag('now') ? [] : ending), kept] }
      })
      note('clients rotate-secret', { client_id })
      if (output.json) return output.fields({ client_id, client_secret: secret, former_until: moment(until) })
      output.say(
        `client_secret  ${secret}\nKeep it now: it is shown once. ${flag('now') ? 'Those before have ended.' : `Those before are good until ${moment(until)}.`}`,
      )
    })
  },
}
