import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

const root = join(import.meta.dirname, '../..')
const COPIED = ['src', 'views', 'test', 'docs', 'package.json', 'tsconfig.json', '.env.example']

/** A copy of the project, in which a test adds something as the documents say. */
export interface ProjectCopy {
  folder: string
  /** Writes a file that is not there yet. */
  add(path: string, text: string): void
  /** Replaces a text that the file has once: the one line that an addition may take. */
  edit(path: string, before: string, after: string): void
  /** Runs Node there, to its end. `env` is the whole environment, but for `PATH`. */
  node(arguments_: readonly string[], env?: Record<string, string>): { status: number | null; output: string }
  /** Fails unless the compiler takes the whole copy. */
  check(): void
}

/** Copies the project into a temporary folder, which goes with the test. Its packages are those of the project. */
export function copyOfProject(t: TestContext): ProjectCopy {
  const folder = mkdtempSync(join(tmpdir(), 'postern-copy-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

  const node: ProjectCopy['node'] = (arguments_, env = {}) => {
    // The compile cache would be the project's own. A test run in a test must not report to the outer one, so the
    // variables of this process stay here.
    const own = { PATH: process.env.PATH ?? '', NODE_DISABLE_COMPILE_CACHE: '1' }
    const child = spawnSync(process.execPath, arguments_, {
      cwd: folder,
      env: { ...own, ...env },
      encoding: 'utf8',
    })
    return { status: child.status, output: `${child.stdout}${child.stderr}` }
  }
  return {
    folder,
    node,
    add(path, text) {
      const file = join(folder, path)
      assert.ok(!existsSync(file), `${path} is there already`)
      assert.ok(existsSync(dirname(file)), `${path} needs a folder that is not there`)
      writeFileSync(file, text)
    },
    edit(path, before, after) {
      const text = readFileSync(join(folder, path), 'utf8')
      assert.equal(text.split(before).length, 2, `${path} has ${JSON.stringify(before)} once`)
      writeFileSync(
        join(folder, path),
        text.replace(before, () => after),
      )
    },
    check() {
      const { status, output } = node(['node_modules/typescript/bin/tsc'])
      assert.equal(status, 0, output)
    },
  }
}
