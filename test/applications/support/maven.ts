import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { CACHE, type Program, program, run } from './program.ts'
import { builtProject } from './project.ts'
import type { Site } from './site.ts'

const PASSWORD = 'changeit'

/** Builds the project with the recipe's `lines`. Returns the jar. */
export function mavenProgram(project: string, name: string, lines: string): string {
  // Two Mavens at once must not fetch into one folder.
  const fetched = `-Dmaven.repo.local=${join(CACHE, `maven-${project}`)}`
  const build = (folder: string) => run('mvn', ['-q', '-B', '-ntp', fetched, 'package'], folder)
  return join(builtProject(project, { name, lines, build }), 'target/application-1.jar')
}

/**
 * Starts the jar beside the recipe's configuration (application.yml, or another ending). It trusts the site's authority
 * alone if there is one.
 */
export async function startJar(
  t: TestContext,
  { jar, ending = 'yml', env = {} }: { jar: string; ending?: string; env?: Record<string, string> },
  { recipe, port, app, ca }: Site,
): Promise<Program> {
  const cwd = mkdtempSync(join(CACHE, 'run-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  // Both Spring and Quarkus look there.
  mkdirSync(join(cwd, 'config'))
  writeFileSync(join(cwd, `config/application.${ending}`), recipe.block(ending))
  const trust = ca === undefined ? [] : trustStore(ca, join(cwd, 'trust.p12'))
  const ports = { SERVER_PORT: String(port), QUARKUS_HTTP_PORT: String(port) }
  return program(t, ['java', ...trust, '-jar', jar], {
    url: app,
    env: { ...recipe.env, ...ports, ...env },
    cwd,
  })
}

function trustStore(ca: string, file: string): string[] {
  const to = ['-keystore', file, '-storetype', 'PKCS12', '-storepass', PASSWORD]
  const from = ['-importcert', '-noprompt', '-alias', 'authority', '-file', ca]
  execFileSync('keytool', [...from, ...to], { stdio: 'pipe' })
  return [`-Djavax.net.ssl.trustStore=${file}`, `-Djavax.net.ssl.trustStorePassword=${PASSWORD}`]
}
