import { type IssueResponse, responseIssuer } from '../../src/authorization/issue-response.ts'
import { allowedResources } from '../../src/clients/allowed-resources.ts'
import { Subjects } from '../../src/clients/subjects.ts'
import type { Grants } from '../../src/grants/grants.ts'
import { scopeClaims } from '../../src/protocol/claims.ts'
import { Resources } from '../../src/resources/resources.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { SigningKeys } from '../../src/signing/signing-keys.ts'
import { storeVault } from '../../src/signing/store-vault.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { idTokenIssuer } from '../../src/tokens/id-token.ts'
import { issuerOf } from '../../src/tokens/issuer.ts'
import { jwtAccessTokens } from '../../src/tokens/jwt-access-token.ts'
import { KEY } from './server.ts'

export const keys = new Keys([KEY])

const vault = storeVault(new MemoryStore(), keys)
const now = () => Math.floor(Date.now() / 1000)

/** What signs, for tests of rooms without a server. */
export const signing = new SigningKeys({
  vault,
  plan: () => ({ algorithms: ['RS256'], every: 0, keep: 3600 }),
  now,
})
export const subjects = new Subjects('')

const issuer = 'http://localhost:8000'
const scopes = scopeClaims()
const idToken = idTokenIssuer({ signing, subjects, issuer, ttl: 3600, scopes, leftOut() {} })

const resources = new Resources({ issuer })
/** Nobody's resources: no client may ask for any. */
export const allowed = allowedResources({ clients: { hasId: async () => false }, resources })

/** The mint of those tests. */
export const tokenIssuer = issuerOf({
  keys,
  idToken,
  resources,
  jwts: jwtAccessTokens({ signing, subjects, resources, issuer, scopes }),
})

export function issueResponseOf(grants: Grants): IssueResponse {
  return responseIssuer({ grants, allowed, issuer: tokenIssuer })
}
