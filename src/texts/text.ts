import type { en } from './en.ts'

/** The name of a text. Closed: page functions can say nothing that is not in the catalogue. */
export type TextKey = keyof typeof en

/** A language's texts. */
export type Catalogue = { readonly [Key in TextKey]?: string }

type NamesIn<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never

/**
 * What stands in a text's place: words of somebody else, a length of time in seconds, or a moment (seconds since the epoch) in a time
 * zone.
 */
export type Value =
  | string
  | Words
  | { readonly seconds: number }
  | { readonly moment: number; readonly zone: string }

/** Somebody else's words, which they may have said in several languages. */
export class Words {
  readonly plain: string
  /** By BCP 47 tag. */
  readonly by: Readonly<Record<string, string>>

  constructor(plain: string, by: Readonly<Record<string, string>>) {
    this.plain = plain
    this.by = by
  }

  /** What they are in a language. */
  in(language: string): string {
    return Object.hasOwn(this.by, language) ? (this.by[language] as string) : this.plain
  }
}

/** The values that a text needs. */
export type ValuesOf<Key extends TextKey> = Readonly<Record<NamesIn<(typeof en)[Key]>, Value>>

/** A text that a person will read, in whatever language the page turns out to have. */
export class Text {
  readonly key: TextKey
  readonly values: Readonly<Record<string, Value>>

  constructor(key: TextKey, values: Readonly<Record<string, Value>>) {
    this.key = key
    this.values = values
  }
}

/** Names a text, with the values that it needs. */
export function say<Key extends TextKey>(
  key: Key,
  ...values: NamesIn<(typeof en)[Key]> extends never ? [] : [ValuesOf<Key>]
): Text {
  return new Text(key, values[0] ?? {})
}
