import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEntries } from '../../../src/config/file.ts'
import type { ClientEntry } from '../../../src/config/schema.ts'

const SECRET = 'a secret for the tests of applications'

// As the recipes write them.
const HOSTS = { issuer: 'https://id.example.com', app: 'https://app.example.com' }

/** One recipe, with the addresses of this machine in place of its own. */
export interface Recipe {
  /** Its client, for the configuration file. */
  client: ClientEntry
  /** The variables that the recipe reads its secrets from. */
  env: Record<string, string>
  /** Its first block in this language (`js`, `sh`, …), as it is written there. Throws if there is none. */
  block(language: string): string
}

/**
 * Reads the section `heading` of docs/applications.md, so that what people are told to write is what runs. Both addresses
 * are origins.
 */
export function recipeOf(heading: string, at: { issuer: string; app: string }): Recipe {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/applications.md'), 'utf8')
  const section = text.split(/^## /m).find((one) => one.split('\n', 1)[0]?.trim() === heading)
  if (section === undefined) throw new Error(`docs/applications.md has no section ${heading}`)
  const block = (language: string) => {
    const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1]
    if (found === undefined) throw new Error(`${heading} has no block of ${language}`)
    return found.replaceAll(HOSTS.issuer, at.issuer).replaceAll(HOSTS.app, at.app)
  }
  const yaml = block('yaml')
  const env = Object.fromEntries([...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, SECRET]))
  const { clients } = readEntries(`clients:\n${yaml}`, heading, env)
  return { client: clients[0] as ClientEntry, env, block }
}
