import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ejs, { type TemplateFunction } from 'ejs'

/** The templates that Postern brings. */
export const BUILT_IN = fileURLToPath(new URL('../../views', import.meta.url))

/** A file of the pages: the folder's, or the built-in one if it has none. So a folder needs only what it has otherwise. */
export function fileOf(viewsDir: string, name: string): string {
  const own = join(viewsDir, name)
  return existsSync(own) ? own : join(BUILT_IN, name)
}

/**
 * Makes the function that gives a page's data its `include`: of the folder also from a template that is built in, and compiled once. The
 * library's own reads and compiles at each call, or keeps what it has compiled for all folders of the process.
 */
export function includesOf(viewsDir: string): <Data extends object>(data: Data) => Data {
  const compiled = new Map<string, TemplateFunction>()
  const template = (partial: string) => {
    const filename = fileOf(viewsDir, `${partial}.ejs`)
    const made = ejs.compile(readFileSync(filename, 'utf8'), { filename })
    compiled.set(partial, made)
    return made
  }
  return function including(data) {
    const include = (partial: string, own?: object) => {
      const render = compiled.get(partial) ?? template(partial)
      return render(own === undefined ? page : including({ ...page, ...own }))
    }
    const page = { ...data, include }
    return page
  }
}
