import { OAuthError } from './errors.ts'

/** A parsed query or form: prototype-free, a repeated name is an array. */
export type ParameterMap = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The parameters that have a value, as the query or the fragment of an answer. A space is `%20`: only who decodes a form (RFC 6749, Appendix B)
 * takes `+` for one, and not every client does, in a fragment least of all.
 */
export function encodeParameters(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((one): one is [string, string] => one[1] !== undefined)
  // A plus sign is %2B here already: each one that is left stands for a space.
  return new URLSearchParams(given).toString().replaceAll('+', '%20')
}

/**
 * Reads one request's parameters by RFC 6749 §3.1 and §3.2: a repeated parameter is an error, one without
 * a value counts as absent, unknown ones are ignored. Only known names are ever asked for, so an unknown
 * name may repeat.
 */
export class Parameters {
  readonly #map: ParameterMap

  constructor(map: ParameterMap | undefined) {
    this.#map = map ?? Object.create(null)
  }

  /** The value of `name`, or undefined. Throws `invalid_request` if the name is repeated. */
  one(name: string): string | undefined {
    const value = this.#map[name]
    if (typeof value === 'string') return value === '' ? undefined : value
    if (value === undefined || value === null) return undefined
    throw new OAuthError('invalid_request', `the parameter ${name} is sent more than once`)
  }

  /** The value of `name`; throws `invalid_request` if it is missing, empty or repeated. */
  required(name: string): string {
    const value = this.one(name)
    if (value === undefined) throw new OAuthError('invalid_request', `the parameter ${name} is missing`)
    return value
  }

  /** All values of a parameter that may repeat (RFC 8707 `resource`). */
  many(name: string): readonly string[] {
    const value = this.#map[name]
    if (typeof value === 'string') return value === '' ? [] : [value]
    return (value ?? []).filter((one) => one !== '')
  }

  /** Like `one`, but a repeated parameter is absent: for telling whether an error can carry it. */
  quiet(name: string): string | undefined {
    const value = this.#map[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** Every name and value, in the order of their names: the request's identity. */
  sorted(): readonly (readonly [string, string])[] {
    const pairs: [string, string][] = []
    for (const name of Object.keys(this.#map).sort()) {
      for (const value of this.many(name)) pairs.push([name, value])
    }
    return pairs
  }
}
