import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from './targets.ts'

// What is built for the servers of other languages.
const CACHE = join(import.meta.dirname, '../.cache')
const sources = (name: string) => join(import.meta.dirname, '../others', name)
// Milliseconds: downloads, too.
const BUILT_WITHIN = 600_000

function run(folder: string, program: string, ...parameters: readonly string[]): string {
  mkdirSync(CACHE, { recursive: true })
  const { status, stdout, stderr, error } = spawnSync(program, parameters, {
    cwd: folder,
    encoding: 'utf8',
    timeout: BUILT_WITHIN,
  })
  if (status === 0) return stdout.trim()
  throw new Error(`${program} ${parameters[0]}: ${error?.message ?? stderr.trim().slice(-300)}`)
}

const zitadelBinary = join(CACHE, 'zitadel')

/** The example server of zitadel/oidc, built by Go. */
export const zitadel: Program = {
  install() {
    run(sources('zitadel'), 'go', 'build', '-o', zitadelBinary, '.')
  },
  command: () => [zitadelBinary],
  version() {
    const module = run(sources('zitadel'), 'go', 'list', '-m', 'github.com/zitadel/oidc/v3')
    return `${module.replace('github.com/', '')}, ${run(CACHE, 'go', 'version').split(' ')[2]}`
  },
}

const environment = join(CACHE, 'aioauth')

/** aioauth on FastAPI and uvicorn, installed by pip into an environment of its own. */
export const aioauth: Program = {
  install() {
    run(CACHE, 'python3', '-m', 'venv', environment)
    const requirements = join(sources('aioauth'), 'requirements.txt')
    run(
      CACHE,
      join(environment, 'bin/pip'),
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
    )
  },
  command: () => [join(environment, 'bin/python'), join(sources('aioauth'), 'server.py')],
  version() {
    const installed = run(CACHE, join(environment, 'bin/pip'), 'freeze', '--disable-pip-version-check')
    const shown = installed.split('\n').filter((line) => /^(aioauth|fastapi|uvicorn)==/.test(line))
    return [...shown, run(CACHE, join(environment, 'bin/python'), '--version')]
      .join(', ')
      .replaceAll('==', ' ')
  },
}
