import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, once } from './program.ts'

/** Where the recipe's lines go. */
const PLACE = '// The recipe'

/**
 * Copies a project of this folder, with `lines` in their place in its sources, and builds the copy if that has changed.
 * Returns the copy's folder.
 */
export function builtProject(
  project: string,
  { name, lines, build }: { name: string; lines: string; build: (folder: string) => void },
): string {
  const source = join(import.meta.dirname, '..', project)
  const folder = join(CACHE, name)
  const files = globSync('**/*.*', { cwd: source }).sort()
  const input = [lines, ...files.map((file) => readFileSync(join(source, file), 'utf8'))]
  once(name, input.join('\0'), () => {
    rmSync(folder, { recursive: true, force: true })
    cpSync(source, folder, { recursive: true })
    for (const file of globSync(join(folder, '**/*.{java,go}')))
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(PLACE, () => lines),
      )
    build(folder)
  })
  return folder
}
