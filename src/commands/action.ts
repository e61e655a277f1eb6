import { ConfigError } from '../config/config-error.ts'
import type { Output } from './output.ts'

/** The words of a command line, in their parts. */
export interface Words {
  /** The words that are no options, as many as the action takes. */
  words: readonly string[]
  /** A text, if it was given. */
  text(option: string): string | undefined
  /** Every text of an option that may be repeated. */
  texts(option: string): readonly string[]
  flag(option: string): boolean
}

/** One thing that a command does: `users add`. */
export interface Action {
  summary: string
  /** Its words, for the help: `<username>`; in brackets if it may be left out, with … if there may be several. */
  takes: string
  options?: Readonly<Record<string, Option>>
  /** Command lines without the program's name. */
  examples: readonly string[]
  /** It has nothing to say to machines but how it ends, or a text of its own: there is no `--json`. */
  plain?: true
  /** Throws `ConfigError` for what the operator can mend, and `NotFound` for what does not exist. */
  run(given: Words, output: Output): Promise<void>
}

/** What a command of several words does, by the word after its name. */
export type Actions = Readonly<Record<string, Action>>

export interface Option {
  /** What follows it, for the help; a flag if absent. */
  value?: string
  summary: string
  repeated?: true
}

/** What was asked for does not exist. */
export class NotFound extends ConfigError {}

/** A command line that says something else than it may. */
export class WrongUse extends ConfigError {}

const HELP: Option = { summary: 'prints this' }
const JSON_OPTION: Option = { summary: 'for machines: one JSON document' }

/** All options of an action, those that every one has too. */
export function optionsOf({ options, plain }: Action): Readonly<Record<string, Option>> {
  return { ...options, ...(!plain && { json: JSON_OPTION }), help: HELP }
}
