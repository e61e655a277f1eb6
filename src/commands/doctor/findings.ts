/** What a look has found. `bad` is to be mended, `note` is worth knowing. */
export interface Finding {
  state: 'ok' | 'note' | 'bad'
  what: string
  /** The one thing to do; nothing if it is well. */
  fix?: string
}

export const ok = (what: string): Finding => ({ state: 'ok', what })
export const note = (what: string, fix: string): Finding => ({ state: 'note', what, fix })
export const bad = (what: string, fix: string): Finding => ({ state: 'bad', what, fix })
