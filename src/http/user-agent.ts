/** What a browser says that it is, in words for its owner. */
export interface UserAgent {
  readonly browser?: string
  readonly system?: string
}

// Characters: of a header that may be anything, and of a name that is shown.
const MOST = 500
const SHOWN = 40

/** The names of browser and system in a `User-Agent` header (RFC 9110 §10.1.5): for a person to recognise, and for nothing else. */
export async function readUserAgent(header: string | undefined): Promise<UserAgent> {
  if (header === undefined || header === '') return {}
  // Loaded at the first login.
  const { default: Bowser } = await import('bowser')
  const { browser, os } = Bowser.parse(header.slice(0, MOST))
  return { ...named('browser', browser.name), ...named('system', os.name) }
}

function named(name: keyof UserAgent, value: string | undefined): UserAgent {
  return value ? { [name]: value.slice(0, SHOWN) } : {}
}
