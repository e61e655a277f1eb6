import type { ResourceEntry } from '../config/schema.ts'
import type { SigningAlgorithm } from '../protocol/algorithms.ts'
import { OAuthError, quoted } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import {
  boundResources,
  OWN_RESOURCE,
  readResource,
  resourceKey,
  resourceTerms,
} from '../protocol/resource.ts'
import { scopeIntersection, scopeTokens } from '../protocol/scope.ts'
import type { Words } from '../texts/text.ts'
import { isAnyResource } from './any-resource.ts'
import { registerResources } from './registration.ts'

/** What access tokens look like. */
export interface TokenSettings {
  readonly access_token_format: 'opaque' | 'jwt'
  readonly access_token_signed_response_alg: SigningAlgorithm
  readonly access_token_typ: 'at+jwt' | 'JWT'
}

/** A resource of the configuration (RFC 8707): an API that tokens of this server may be for. */
export interface Resource extends TokenSettings {
  /** As the configuration spells it: the audience of its tokens. */
  readonly resource: string
  readonly resource_name?: string | Words
  /** What the consent page says of it. */
  readonly sentence?: string | Words
  /** What is granted at it, and nowhere else that does not list it too; undefined if it lists nothing. */
  readonly scopes?: ReadonlySet<string>
  /** Whether everybody may know of it. */
  readonly public: boolean
  /** Seconds; undefined for the client's. */
  readonly access_token_ttl?: number
}

// Nothing is known of how they check a token: so they ask (RFC 7662). And of two APIs one could pass a JWT to the other.
const OPAQUE: TokenSettings = {
  access_token_format: 'opaque',
  access_token_signed_response_alg: 'RS256',
  access_token_typ: 'at+jwt',
}

/** What tokens may be for: this server, the resources of the configuration, and others if it says so. */
export class Resources {
  readonly #known: ReadonlyMap<string, Resource>
  readonly #folded: ReadonlySet<string>
  readonly #own: ReadonlySet<string>
  readonly #any: boolean
  readonly #issuer: string
  /** The scopes that belong to some resource. */
  readonly #listed: ReadonlySet<string>

  /** Throws `ConfigError`, with the path, for entries that contradict themselves or each other. */
  constructor({
    issuer,
    entries = [],
    any = false,
  }: {
    issuer: string
    entries?: readonly ResourceEntry[] | undefined
    any?: boolean | undefined
  }) {
    this.#issuer = issuer
    this.#any = any
    this.#own = new Set([issuer, `${issuer}/oauth/userinfo`].map(resourceKey))
    this.#known = registerResources(entries, this.#own)
    this.#folded = new Set([...this.#known.keys()].map(folded))
    this.#listed = new Set([...this.#known.values()].flatMap(({ scopes = [] }) => [...scopes]))
  }

  /** Those of the configuration. */
  all(): Iterable<Resource> {
    return this.#known.values()
  }

  /** The scopes of those that everybody may know of: clients that introduced themselves may ask for them. */
  publicScopes(): readonly string[] {
    return [...this.all()].flatMap((one) => (one.public ? [...(one.scopes ?? [])] : []))
  }

  /** The one of the configuration, by any of its spellings. */
  find(resource: string): Resource | undefined {
    return this.#known.get(resourceKey(resource))
  }

  /** Whether `text`, which may be anything, is one of the configuration's but for capitals and a slash at the end. */
  isNamed(text: string): boolean {
    return this.#folded.has(folded(text))
  }

  /**
   * Reads the `resource` parameters of a request (RFC 8707 §2), each once, as this server spells them. Undefined if there are
   * none, or if this server is for itself only: it then ignores them, as any parameter that it does not know. Throws
   * `invalid_target`.
   */
  read(parameters: Parameters): readonly string[] | undefined {
    if (!this.#any && this.#known.size === 0) return undefined
    const sent = parameters.many('resource')
    if (sent.length === 0) return undefined
    boundResources(sent)
    const read = new Map(sent.map((one) => [resourceKey(one), readResource(one)]))
    return [...read].map(([key, one]) => this.#spelled(key, one))
  }

  #spelled(key: string, read: string): string {
    if (this.#own.has(key)) return OWN_RESOURCE
    const known = this.#known.get(key)
    if (known !== undefined) return known.resource
    if (this.#any && isAnyResource(read)) return read
    throw new OAuthError('invalid_target', `no resource ${quoted(read)} is known here`)
  }

  /** Whether tokens for these may still be given and used here. */
  serves(resource: readonly string[] | undefined): boolean {
    return resource === undefined || resource.every((one) => this.#serves(one))
  }

  #serves(resource: string): boolean {
    return (
      resource === OWN_RESOURCE || this.find(resource) !== undefined || (this.#any && isAnyResource(resource))
    )
  }

  /**
   * What of a scope may be granted at these. A scope that a resource lists belongs there: a token for another one must not
   * have it, or whoever takes it could use it there. Terms without resources have all, as before there were any.
   */
  scopeAt(resource: readonly string[] | undefined, scope: string): string {
    if (resource === undefined || this.#listed.size === 0) return scope
    const here = resource.map((one) => this.find(one)?.scopes)
    return scopeTokens(scope)
      .filter((token) => !this.#listed.has(token) || here.some((scopes) => scopes?.has(token)))
      .join(' ')
  }

  /** What of a scope belongs to these, and not to every resource. */
  listedAt(resource: readonly string[], scope: string): string {
    return scopeIntersection(this.scopeAt(resource, scope), [...this.#listed].join(' '))
  }

  /** What tokens for these look like; undefined if that is the client's to say. */
  tokensAt(resource: readonly string[] | undefined): TokenSettings | undefined {
    if (resourceTerms(resource) === undefined) return undefined
    const [only, ...more] = resource as readonly [string, ...string[]]
    return more.length > 0 ? OPAQUE : (this.find(only) ?? OPAQUE)
  }

  /** How long tokens for these live, in seconds: `ttl`, the client's, unless they say something; the shortest of several. */
  ttlAt(resource: readonly string[] | undefined, ttl: number): number {
    if (resource === undefined) return ttl
    const said = resource.map((one) => this.find(one)?.access_token_ttl ?? ttl)
    return Math.min(...said)
  }

  /** What `aud` says (RFC 9068 §3): one name, or several. */
  audienceOf(resource: readonly string[] | undefined): string | string[] {
    if (resource === undefined) return this.#issuer
    const named = resource.map((one) => (one === OWN_RESOURCE ? this.#issuer : one))
    return named.length === 1 ? (named[0] as string) : named
  }

  /** The resources of a token that has one `aud`. */
  resourceOf(audience: string): readonly string[] | undefined {
    return audience === this.#issuer ? undefined : [audience]
  }
}

function folded(text: string): string {
  return text.trim().toLowerCase().replace(/\/+$/, '')
}
