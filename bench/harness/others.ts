import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
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

const KEYCLOAK = '26.7.3'
const keycloakFolder = join(CACHE, `keycloak-${KEYCLOAK}`)

/** Keycloak's distribution, downloaded by Maven and built for a database in memory. */
export const keycloak: Program = {
  install() {
    if (!existsSync(join(keycloakFolder, 'built'))) {
      const artifact = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK}:zip`
      const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
      run(
        CACHE,
        'mvn',
        '--quiet',
        '--batch-mode',
        copy,
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${CACHE}`,
      )
      run(CACHE, 'unzip', '-q', '-o', join(CACHE, `keycloak-quarkus-dist-${KEYCLOAK}.zip`))
      run(keycloakFolder, 'bin/kc.sh', 'build', '--db=dev-mem')
      writeFileSync(join(keycloakFolder, 'built'), '')
    }
    mkdirSync(join(keycloakFolder, 'data/import'), { recursive: true })
    copyFileSync(
      join(sources('keycloak'), 'bench-realm.json'),
      join(keycloakFolder, 'data/import/bench-realm.json'),
    )
  },
  command: () => [
    '/bin/sh',
    '-c',
    `exec ${keycloakFolder}/bin/kc.sh start --optimized --http-enabled=true --http-host=127.0.0.1 --http-port=$PORT --hostname-strict=false --import-realm`,
  ],
  within: 120,
  warmUp: 10,
  version: () => `Keycloak ${KEYCLOAK}, Java ${run(CACHE, 'java', '--version').split(' ')[1]}`,
}
