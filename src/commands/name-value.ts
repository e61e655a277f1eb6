import { WrongUse } from './action.ts'

/**
 * The name and value of `--option name=value`. What is JSON by its looks is read as such, everything else is text. Throws `WrongUse`.
 */
export function nameValue(
  option: string,
  text: string,
  reserved: ReadonlySet<string> = new Set(),
): [string, unknown] {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new WrongUse(`--${option} ${text} is not name=value`)
  if (reserved.has(name)) throw new WrongUse(`--${option} ${name}: that is not set so; see --help`)
  if (!/^([[{"].*|true|false|null|-?\d+(\.\d+)?)$/s.test(value)) return [name, value]
  try {
    return [name, JSON.parse(value)]
  } catch {
    throw new WrongUse(`--${option} ${name}: the value begins like JSON and is none`)
  }
}
