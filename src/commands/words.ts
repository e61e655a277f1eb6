import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { nearest } from '../config/names.ts'
import { type Action, type Option, optionsOf, type Words, WrongUse } from './action.ts'

/** Reads the words after an action's name. Throws `WrongUse`, without what was given: it may be a secret in the wrong place. */
export function wordsOf(name: string, action: Action, parameters: readonly string[]): Words {
  const options = optionsOf(action)
  const { values, positionals } = parsed(name, options, parameters)
  const [least, most] = countsOf(action.takes)
  if (positionals.length < least || positionals.length > most)
    throw new WrongUse(`${name} takes ${action.takes || 'no word'}; see ${name} --help`)
  return {
    words: positionals,
    text: (option) => {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
    texts: (option) => (Array.isArray(values[option]) ? (values[option] as string[]) : []),
    flag: (option) => values[option] === true,
  }
}

function parsed(name: string, options: Readonly<Record<string, Option>>, parameters: readonly string[]) {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([option, { value, repeated }]) => [
      option,
      { type: value === undefined ? 'boolean' : 'string', ...(repeated && { multiple: true }) },
    ]),
  )
  const args = optionsFirst(parameters, options)
  try {
    return parseArgs({ args, options: config, allowPositionals: true })
  } catch {
    const known = Object.keys(options)
    const given = args.slice(0, args.indexOf('--')).map((word) => /^--([^=]+)/.exec(word)?.[1])
    const wrong = given.find((one) => one !== undefined && !known.includes(one))
    const meant = wrong === undefined ? undefined : nearest(wrong, known, 2)
    throw new WrongUse(
      wrong === undefined
        ? `${name}: an option lacks its value, or has one that it does not take (behind = a value may begin with -); see ${name} --help`
        : `${name} has no option --${wrong}; ${meant === undefined ? `see ${name} --help` : `did you mean --${meant}?`}`,
    )
  }
}

/**
 * The options, and after `--` the words in their order. No option of ours has one dash: a word that begins with one is an id
 * of ours, whose letters are those of base64url.
 */
function optionsFirst(parameters: readonly string[], options: Readonly<Record<string, Option>>): string[] {
  const found: string[] = []
  const words: string[] = []
  for (let at = 0; at < parameters.length; at++) {
    const one = parameters[at] as string
    if (one === '--') words.push(...parameters.slice(at + 1))
    if (one === '--') break
    if (!one.startsWith('--')) words.push(one)
    else if (options[one.slice(2)]?.value === undefined) found.push(one)
    else found.push(...parameters.slice(at, ++at + 1))
  }
  return [...found, '--', ...words]
}

/** How many words there may be: `<a> [<b>] <c>…`. */
function countsOf(takes: string): [number, number] {
  const words = takes.split(' ').filter((word) => word !== '')
  const least = words.filter((word) => !word.startsWith('[')).length
  return [least, words.some((word) => word.includes('…')) ? Number.POSITIVE_INFINITY : words.length]
}
