/** One environment variable: how it is read, and what the operator is told about it. */
export interface Variable<T> {
  /** The value of a variable that is not set. */
  default: T
  /** For `.env.example` and the docs: one sentence or two. */
  description: string
  /** What is allowed, completing "must be …". Left out if every text is. */
  allowed?: string
  /** Parses a non-empty text. Returns undefined if it is not allowed. */
  read: (text: string) => T | undefined
  /** How a refused text must be written if only its spelling is wrong. Not for secrets. */
  spelling?: (text: string) => string | undefined
  /** A secret has a `_FILE` twin and is never shown in an error. */
  secret?: true
  /** Whether only a restart can change it: it belongs to the process, or to a connection that is open. */
  fixed?: true
  /** For the docs, if the default does not speak for itself. */
  defaultText?: string
}

/** Seconds. */
export const DAY = 86_400

/** A variable that takes every text. */
export function text(default_: string, description: string): Variable<string> {
  return { default: default_, description, read: (value) => value }
}

/** A variable that takes one of a few words. */
export function oneOf<const T extends string>(
  allowed: readonly T[],
  default_: T,
  description: string,
): Variable<T> {
  return {
    default: default_,
    description,
    allowed: `one of ${allowed.join(', ')}`,
    read: (value) => allowed.find((word) => word === value),
  }
}

/** A variable that takes a whole number; `range` has its bounds, both allowed. */
export function integer(range: [number, number], default_: number, description: string): Variable<number> {
  const [min, max] = range
  return {
    default: default_,
    description,
    allowed: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
      return number >= min && number <= max ? number : undefined
    },
  }
}

/** The same for a time, which the description then says. */
export const seconds = (range: [number, number], default_: number, description: string): Variable<number> =>
  integer(range, default_, `${description} Seconds.`)

/** The same variables, which only a restart can change. */
export function fixed<const V extends Readonly<Record<string, object>>>(variables: V): V {
  const all = Object.entries(variables).map(([name, variable]) => [name, { ...variable, fixed: true }])
  return Object.fromEntries(all)
}
