/** What a look has found. `bad` is to be mended, `note` is worth knowing. */
export interface Finding {
  state: 'ok' | 'note' | 'bad'
  what: string
  /** The one thing to do; nothing if it is well, or if the sentence says all. */
  fix?: string
}

export const ok = (what: string): Finding => ({ state: 'ok', what })
export const note = (what: string, fix?: string): Finding => ({ state: 'note', what, ...(fix && { fix }) })
export const bad = (what: string, fix?: string): Finding => ({ state: 'bad', what, ...(fix && { fix }) })

/** A sentence that the server's log would have: what is wrong, and after the last semicolon or colon what to do. */
export function said(state: Finding['state'], sentence: string): Finding {
  const [, what = sentence, fix] = /^(.*); (.*)$/s.exec(sentence) ?? /^(.*): (.*)$/s.exec(sentence) ?? []
  return { state, what, ...(fix && { fix }) }
}
