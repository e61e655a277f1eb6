import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { CACHE, once, type Program, program, run } from './program.ts'
import type { Site } from './site.ts'

/** Where the recipe's lines of Java go. */
const PLACE = '// The recipe'
const PASSWORD = 'changeit'

/** Builds a copy of the project of this folder with `beans` in its place. Returns the jar. */
export function mavenProgram(project: string, name: string, beans: string): string {
  const source = join(import.meta.dirname, '..', project)
  const files = globSync('**/*', { cwd: source, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort()
  const folder = join(CACHE, name)
  const input = [beans, ...files.map((file) => readFileSync(file, 'utf8'))].join('\0')
  once(name, input, () => {
    rmSync(folder, { recursive: true, force: true })
    cpSync(source, folder, { recursive: true })
    for (const file of globSync(join(folder, '**/*.java')))
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(PLACE, () => beans),
      )
    run('mvn', ['-q', '-B', '-ntp', 'package'], folder)
  })
  return join(folder, 'target/application-1.jar')
}

/** Starts the jar beside the recipe's application.yml. It trusts the site's authority alone if there is one. */
export async function startJar(
  t: TestContext,
  jar: string,
  { recipe, port, app, ca }: Site,
): Promise<Program> {
  mkdirSync(CACHE, { recursive: true })
  const cwd = mkdtempSync(join(CACHE, 'run-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  writeFileSync(join(cwd, 'application.yml'), recipe.block('yml'))
  const trust = ca === undefined ? [] : trustStore(ca, join(cwd, 'trust.p12'))
  const command = ['java', ...trust, '-jar', jar, `--server.port=${port}`] as const
  return program(t, command as unknown as [string], { url: app, env: recipe.env, cwd })
}

function trustStore(ca: string, file: string): string[] {
  const to = ['-keystore', file, '-storetype', 'PKCS12', '-storepass', PASSWORD]
  execFileSync('keytool', ['-importcert', '-noprompt', '-alias', 'authority', '-file', ca, ...to], {
    stdio: 'pipe',
  })
  return [`-Djavax.net.ssl.trustStore=${file}`, `-Djavax.net.ssl.trustStorePassword=${PASSWORD}`]
}
