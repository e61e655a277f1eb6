import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

// What a device shows and a person enters is left out: here the device's code is the person's `sub`.
const FILE = `import type { AllowedResources } from '../clients/allowed-resources.ts'
import { requireAllowedTerms } from '../clients/allowed-terms.ts'
import type { Grants } from '../grants/grants.ts'
import { OAuthError } from '../protocol/errors.ts'
import { type RequestedTerms, readTerms } from '../protocol/terms.ts'
import { randomText } from '../secrets/random.ts'
import type { Users } from '../users/user.ts'
import type { GrantType, Prover } from './grant-type.ts'

/** RFC 8628 §3.4, for devices without a browser. */
export const DEVICE_CODE: GrantType = {
  grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
  subject: 'person',
  refreshable: true,
  onDemand: true,
  prover,
}

function prover({ grants, users, allowed }: { grants: Grants; users: Users; allowed: AllowedResources }): Prover<{ device_code: string; requested: RequestedTerms }> {
  return {
    readRequest: ({ parameters }) => ({
      device_code: parameters.required('device_code'),
      requested: readTerms(parameters, allowed.read(parameters)),
    }),

    async prove({ device_code, requested }, client, now) {
      const user = await users.find(device_code)
      if (user === undefined)
        return { outcome: 'refused', error: new OAuthError('invalid_grant', 'nobody has approved'), events: [] }
      const { client_id } = client
      const terms = await requireAllowedTerms(client, requested, allowed)
      const lifetimes = allowed.lifetimesAt(terms.resource, client)
      const facts = { ...terms, client_id, sub: user.sub, sid: randomText(16), lasting: 'standing' as const, auth_time: now }
      const ends = { code_expires_at: now, grant_max_ttl: lifetimes.grant_max_ttl, credential: user.credential }
      const options = { code: false, refresh: client.grant_types.has('refresh_token'), lifetimes }
      const { id, grant, tokens } = await grants.createWithToken({ ...facts, ...ends }, options, now)
      return { outcome: 'grant', grant_id: id, grant, user, tokens, events: [] }
    },
  }
}
`
const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildServer } from '../support/server.ts'
import { direct } from '../support/token-client.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const tv = { client_id: 'tv', grant_types: [DEVICE_CODE, 'refresh_token'], scope: 'read' }
const asked = { grant_type: DEVICE_CODE, device_code: 'admin' }

test('a client that is registered for it gets tokens, and refreshes them', async (t) => {
  const { app, log } = await buildServer(t, { clients: [tv] })
  const { status, body } = await direct(app, { ...asked, client_id: 'tv' }, { authorization: '' })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.scope, 'read')
  assert.ok(log.some((line) => line.msg === 'token_issued' && line.grant_type === DEVICE_CODE))
  const { refresh_token } = body
  const form = { grant_type: 'refresh_token', refresh_token, client_id: 'tv' }
  assert.equal((await direct(app, form, { authorization: '' })).status, 200)
})

test('a client that is not registered for it is refused; without such a client it is not there', async (t) => {
  const { app } = await buildServer(t, { clients: [tv] })
  const { status, body } = await direct(app, asked)
  assert.equal(status, 400)
  assert.equal(body.error, 'unauthorized_client')
  const { app: demo } = await buildServer(t)
  assert.equal((await direct(demo, asked)).body.error, 'unsupported_grant_type')
})

test('metadata lists it, and registration knows it', async (t) => {
  const { app } = await buildServer(t, { clients: [tv] })
  const url = '/.well-known/oauth-authorization-server'
  const { grant_types_supported } = (await app.inject({ url, headers: { host: 'localhost:8000' } })).json()
  assert.ok(grant_types_supported.includes(DEVICE_CODE), grant_types_supported)
  const refused = { client_id: 'x', redirect_uris: ['https://x.example/'] }
  await assert.rejects(buildServer(t, { clients: [{ ...refused, grant_types: ['device_code'] }] }), /must be one of .*:device_code$/)
  const alone = { ...refused, grant_types: ['refresh_token'] }
  await assert.rejects(buildServer(t, { clients: [alone] }), /refresh_token needs authorization_code, password, or .*:device_code beside it/)
})
`

test('a grant type is one file and one line: registration, metadata and the token endpoint follow', (t) => {
  const project = copyOfProject(t)
  project.add('src/grant-types/device-code.ts', FILE)
  project.edit('src/grant-types/index.ts', '  IMPLICIT,\n', '  IMPLICIT,\n  DEVICE_CODE,\n')
  project.edit(
    'src/grant-types/index.ts',
    "from './client-credentials.ts'\n",
    "from './client-credentials.ts'\nimport { DEVICE_CODE } from './device-code.ts'\n",
  )
  project.add('test/flows/device-code.test.ts', TEST)
  project.check()
  const { status, output } = project.node([
    '--test',
    'test/flows/device-code.test.ts',
    'test/architecture.test.ts',
  ])
  assert.equal(status, 0, output)
})
