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
export type Value = string | { readonly seconds: number } | { readonly moment: number; readonly zone: string }

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
