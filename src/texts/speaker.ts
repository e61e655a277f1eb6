import { en } from './en.ts'
import { LANGUAGES } from './languages.ts'
import { Text, type TextKey, type Value, Words } from './text.ts'

/** Finds texts in one language. */
export interface Speaker {
  /** The language's BCP 47 tag, and which way it is written. */
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  /** A text's pattern, in English if this language lacks it. */
  pattern(key: TextKey): string
  /** A value as the language writes it; a moment with the zone that it is meant in. */
  write(value: Value): string
  /** A text with its values. */
  speak(text: Text): string
}

/** The `{name}` places of a pattern. */
export const PLACE = /\{(\w+)\}/g

/** Speaks one of `LANGUAGES`. Throws `RangeError` for a tag that is none. */
export function speakerOf(language: string): Speaker {
  const catalogue = Object.hasOwn(LANGUAGES, language) ? (LANGUAGES[language] ?? {}) : {}
  const direction = new Intl.Locale(language).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr'
  const pattern = (key: TextKey) => catalogue[key] ?? en[key]
  const moment = momentsOf(language)
  const write = (value: Value) => {
    if (typeof value === 'string') return value
    if (value instanceof Words) return value.in(language)
    return 'moment' in value ? moment(value) : duration(language, value.seconds)
  }
  return {
    language,
    direction,
    pattern,
    write,
    speak: ({ key, values }) => pattern(key).replace(PLACE, (_, name: string) => write(values[name] ?? '')),
  }
}

const MOMENT = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
} as const

// Making a format costs more than the rest of a page, and all times of a page are of one zone.
function momentsOf(language: string): (value: { moment: number; zone: string }) => string {
  let last: { zone: string; format: Intl.DateTimeFormat } | undefined
  return ({ moment, zone }) => {
    if (last?.zone !== zone)
      last = { zone, format: new Intl.DateTimeFormat(language, { ...MOMENT, timeZone: zone }) }
    return last.format.format(moment * 1000)
  }
}

/** Seconds in words: as seconds up to a minute, as whole days or hours if they are that, else as minutes, rounded up. */
function duration(language: string, seconds: number): string {
  const [count, unit] = counted(seconds)
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

function counted(seconds: number): [number, string] {
  if (seconds < 60) return [seconds, 'second']
  if (seconds % 86_400 === 0) return [seconds / 86_400, 'day']
  return seconds % 3600 === 0 ? [seconds / 3600, 'hour'] : [Math.ceil(seconds / 60), 'minute']
}

/** The same with every text spoken: what a template gets, to which a text is a string. */
export type Spoken<T> = T extends Text | Words
  ? string
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { [Key in keyof T]: Spoken<T[Key]> }
      : T

/** Speaks every text in a page's data. */
export function speakAll<T>(data: T, speaker: Speaker): Spoken<T> {
  if (data instanceof Text) return speaker.speak(data) as Spoken<T>
  if (data instanceof Words) return data.in(speaker.language) as Spoken<T>
  if (Array.isArray(data)) return data.map((entry) => speakAll(entry, speaker)) as Spoken<T>
  if (typeof data !== 'object' || data === null) return data as Spoken<T>
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, speakAll(value, speaker)]),
  ) as Spoken<T>
}
