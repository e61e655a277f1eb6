import { readFileSync } from 'node:fs'
import { imageSize } from 'image-size'
import type { BrandingEntry } from '../../config/branding.ts'
import { ConfigError } from '../../config/config-error.ts'
import { checkWriters, readProblem } from '../../config/file-access.ts'
import type { Entries } from '../../config/schema.ts'
import type { Asset } from '../pages.ts'
import type { BrandView } from '../views/view.ts'
import { accentOn } from './colours.ts'

/** Whose pages these are, and the files that they show of it. */
export interface Brand {
  view: BrandView
  assets: ReadonlyMap<string, Asset>
}

// Bytes: what is on every page must not make it slow.
const MOST = 262_144
// What browsers show as an image. A drawing (SVG) is a file of the operator's, and is served without any right to run.
const TYPES = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['svg', 'image/svg+xml'],
  ['ico', 'image/x-icon'],
])
const ICON = Buffer.from([0, 0, 1, 0])
// The grounds that links stand on: `--card` of the stylesheet.
const CARD = { light: '#fffefb', dark: '#1c221f' }

/**
 * Reads a branding. `issuer`: whose host the pages name; `path`: where it stands in the file; `prefix` of its assets, which several must
 * not share. Throws `ConfigError` for a file that is no image.
 */
export function brandOf(
  entry: BrandingEntry | undefined,
  issuer: string,
  { path: where = '/branding', prefix = 'brand' } = {},
): Brand {
  const { name = 'Postern', logo, logo_dark, favicon, accent, support, links = [], legal } = entry ?? {}
  if (logo_dark !== undefined && logo === undefined)
    throw new ConfigError(`${where}/logo_dark needs a logo for the light pages, too`)
  const assets = new Map<string, Asset>()
  const image = (kind: 'logo' | 'logo_dark' | 'favicon', path: string | undefined) => {
    if (path === undefined) return {}
    const { extension, asset } = readImage(`${where}/${kind}`, path)
    const file = `${prefix}-${kind.replace('_', '-')}.${extension}`
    assets.set(file, asset)
    return { [kind]: file }
  }
  const files = { ...image('logo', logo), ...image('logo_dark', logo_dark), ...image('favicon', favicon) }
  const style = `${prefix}.css`
  if (accent !== undefined) assets.set(style, styleOf(accent))
  return {
    assets,
    view: {
      ...{ name, links, host: new URL(issuer).host },
      ...files,
      ...(accent !== undefined && { style }),
      ...(support !== undefined && { support }),
      ...(legal !== undefined && { legal }),
    },
  }
}

/** The brandings of clients that have their own, by client id: what one leaves out is that of the server. Throws as `brandOf` does. */
export function brandsOfClients(
  { branding, clients }: Pick<Entries, 'branding' | 'clients'>,
  issuer: string,
): ReadonlyMap<string, Brand> {
  const own = clients.flatMap((client, at): [string, Brand][] => {
    if (client.branding === undefined) return []
    const place = { path: `/clients/${at}/branding`, prefix: `brand-${at}` }
    return [[client.client_id, brandOf({ ...branding, ...client.branding }, issuer, place)]]
  })
  return new Map(own)
}

function styleOf(accent: string): Asset {
  const rule = (ground: string) => {
    const { accent: colour, strong, on } = accentOn(accent, ground)
    return `:root { --accent: ${colour}; --accent-strong: ${strong}; --on-accent: ${on}; }`
  }
  const body = `${rule(CARD.light)}\n@media (prefers-color-scheme: dark) { ${rule(CARD.dark)} }\n`
  return { body: Buffer.from(body), type: 'text/css; charset=utf-8' }
}

function readImage(name: string, path: string): { extension: string; asset: Asset } {
  let body: Buffer
  try {
    body = readFileSync(path)
  } catch (error) {
    throw new ConfigError(`${name} is ${JSON.stringify(path)}, which ${readProblem(error, path)}`)
  }
  // Whoever may change it decides what people take this server for.
  checkWriters(`${name} is a file, which`, path)
  if (body.length > MOST) throw new ConfigError(`${name} has ${body.length} bytes; ${MOST} are the most`)
  const extension = typeOf(body)
  const type = TYPES.get(extension ?? '')
  if (extension === undefined || type === undefined)
    throw new ConfigError(`${name} is none of the images ${[...TYPES.keys()].join(', ')}, by its content`)
  return { extension, asset: { body, type } }
}

function typeOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 4).equals(ICON)) return 'ico'
  const start = bytes.subarray(0, 2000).toString()
  if (/^\uFEFF?\s*</.test(start) && /<svg[\s>]/.test(start) && !/<html/i.test(start)) return 'svg'
  try {
    return imageSize(bytes).type
  } catch {
    return undefined
  }
}
