import '@fastify/view'
import { hash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import ejs from 'ejs'
import type { FastifyReply } from 'fastify'
import { ConfigError } from '../config/config-error.ts'
import { checkWriters, readProblem } from '../config/file-access.ts'
import { nameOf } from '../texts/languages.ts'
import { speakAll, speakerOf } from '../texts/speaker.ts'
import { type Languages, languageFor, sameAgain } from './language.ts'
import { pageTexts } from './page-texts.ts'
import { BUILT_IN, fileOf, includesOf } from './templates.ts'
import { VIEWS, type ViewName, type Views, viewOf } from './views/index.ts'
import type { BrandView, Frame } from './views/view.ts'

/** What a page needs beside its view's data. */
export interface PageOptions {
  status?: number
  /** The client's logo, whose origin the page may then load an image from; or a `data:` URL. */
  logo?: string | undefined
  /** URLs that the page loads in frames. */
  frames?: readonly string[]
  /** Whose client asks: its pages may be in another name. */
  client_id?: string | undefined
  /** The language of whoever is logged in, if they have said one. */
  locale?: string | undefined
}

/** Renders one view and sends it. */
export type RenderPage = <Name extends ViewName>(
  reply: FastifyReply,
  view: Name,
  data: Views[Name],
  options?: PageOptions,
) => Promise<FastifyReply>

/** The folder's assets, ready to send. */
export interface Asset {
  body: Buffer
  type: string
}

/** The names of the static files, with their content types. */
const ASSETS: Readonly<Record<string, string>> = {
  'postern.css': 'text/css; charset=utf-8',
  'postern.svg': 'image/svg+xml',
  'form-post.js': 'text/javascript; charset=utf-8',
  'postern.js': 'text/javascript; charset=utf-8',
}

/**
 * Reads the static files: each the folder's, or else the built-in one. Throws `ConfigError` if the folder has a template or an asset that
 * is wrong.
 */
export function readAssets(viewsDir: string): Map<string, Asset> {
  checkFolder(viewsDir)
  if (viewsDir !== BUILT_IN)
    for (const name of globSync('**/*.ejs', { cwd: viewsDir })) checkTemplate(viewsDir, name)
  const assets = new Map<string, Asset>()
  for (const [name, type] of Object.entries(ASSETS)) {
    const path = fileOf(viewsDir, `assets/${name}`)
    if (!path.startsWith(BUILT_IN)) checkWriters(`VIEWS_DIR has assets/${name}, which`, path)
    assets.set(name, { body: readView(path), type })
  }
  return assets
}

function checkFolder(viewsDir: string): void {
  const named = `VIEWS_DIR is ${JSON.stringify(viewsDir)}, which`
  try {
    if (statSync(viewsDir).isDirectory()) return
  } catch (error) {
    throw new ConfigError(`${named} ${readProblem(error, viewsDir)}`)
  }
  throw new ConfigError(`${named} is not a folder`)
}

function readView(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ConfigError(`VIEWS_DIR has ${path}, which ${readProblem(error, path)}`)
  }
}

// Compiling does not follow include(): that happens when the page is rendered, which is too late to find out.
function checkTemplate(viewsDir: string, name: string): void {
  const filename = join(viewsDir, name)
  const text = readView(filename).toString()
  // A template is code, and so are the assets.
  checkWriters(`VIEWS_DIR has ${name}, which`, filename)
  for (const [, partial = ''] of text.matchAll(/\binclude\(\s*['"]([^'"]+)['"]/g)) {
    if (existsSync(fileOf(viewsDir, `${partial}.ejs`))) continue
    throw new ConfigError(`VIEWS_DIR lacks ${partial}.ejs, which ${name} includes`)
  }
  try {
    ejs.compile(text, { filename })
  } catch (error) {
    const [problem = ''] = (error as Error).message.split(/ in \S* while compiling|\n/)
    throw new ConfigError(`VIEWS_DIR has ${name}, which does not compile: ${problem}`)
  }
}

/** A short digest of all assets: their URLs change with their content, so they can be cached for good. */
export function assetsVersion(assets: ReadonlyMap<string, Asset>): string {
  return hash('sha256', Buffer.concat([...assets.values()].map(({ body }) => body)), 'hex').slice(0, 12)
}

/** Makes the render function of one server with the templates of a folder. `base` prefixes its own paths. */
export function pageRenderer(
  frame: Omit<Frame, 'title' | 'language' | 'isHelped'>,
  viewsDir: string,
  languages: Languages,
  brands: ReadonlyMap<string, BrandView> = new Map(),
): RenderPage {
  // As the renderer wants them: from the folder on.
  const names = Object.keys(VIEWS) as ViewName[]
  const templates = new Map(names.map((name) => [name, relative(viewsDir, fileOf(viewsDir, `${name}.ejs`))]))
  const including = includesOf(viewsDir)
  const voices = new Map(
    languages.offered.map((language) => {
      const speaker = speakerOf(language)
      return [language, { speaker, shared: { ...frame, ...pageTexts(speaker) } }]
    }),
  )
  const choices = languages.offered.map((tag) => ({ tag, name: nameOf(tag) }))
  return async (reply, view, data, options = {}) => {
    const { request } = reply
    const spokenIn = languageFor(request, languages, options.locale)
    const voice = voices.get(spokenIn)
    if (voice === undefined) throw new Error('a language was chosen that is none of ours')
    const { speaker, shared } = voice
    const spoken: object = speakAll<object>({ title: viewOf(view).title(data), ...(data as object) }, speaker)
    const language = { choices, action: `${frame.base}/language`, back: sameAgain(request, frame.base) }
    const brand = brands.get(options.client_id ?? '') ?? frame.brand
    const isHelped = viewOf(view).isHelped === true
    const page = including({ ...shared, brand, language, isHelped, ...spoken })
    const html = await reply.viewAsync(templates.get(view) ?? `${view}.ejs`, page)
    return reply
      .code(options.status ?? 200)
      .type('text/html; charset=utf-8')
      .header('content-language', spokenIn)
      .header('content-security-policy', contentSecurityPolicy(view, options))
      .send(html)
  }
}

// A URL's host may hold ';' and ',', which would begin a directive, or a policy, of the client's own.
function sources(urls: readonly string[]): string {
  const origins = urls.map((url) => new URL(url).origin).filter((origin) => /^[\w.:/[\]-]+$/.test(origin))
  return origins.map((origin) => ` ${origin}`).join('')
}

// Chromium applies form-action to every hop of the redirects after a post, so on a page whose post may end at a
// client 'self' would block the client's own callback: there it is left out. frame-ancestors still keeps the
// pages out of frames, and nothing user-made is on them as markup.
function contentSecurityPolicy(view: ViewName, { logo, frames = [] }: PageOptions): string {
  const image = logo === undefined ? '' : logo.startsWith('data:') ? ' data:' : sources([logo])
  return [
    "default-src 'none'",
    "style-src 'self'",
    `img-src 'self'${image}`,
    ...(frames.length > 0 ? [`frame-src${sources(frames)}`] : []),
    ...(view === 'form-post' || viewOf(view).isHelped ? ["script-src 'self'"] : []),
    ...(viewOf(view).endsAtClient ? [] : ["form-action 'self'"]),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
