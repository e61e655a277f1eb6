import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

const FILE = `import type { Catalogue } from './text.ts'

/** Hebrew. */
export const he: Catalogue = {
  'login.title': 'כניסה',
  'consent.title': 'לאשר את {client}?',
}
`
const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildServer } from '../support/server.ts'

test('a page in the language that the browser likes, and English for what it lacks', async (t) => {
  const { app } = await buildServer(t)
  const page = async (language: string) => {
    const headers = { host: 'localhost', 'accept-language': language }
    return (await app.inject({ url: '/login', headers })).body
  }
  const hebrew = await page('zh, he-IL;q=0.9, en;q=0.8')
  assert.match(hebrew, /<html lang="he" dir="rtl">/)
  assert.match(hebrew, /<title>כניסה – Postern</)
  assert.match(hebrew, />Password</)
  assert.match(await page('zh, he;q=0.1, en'), /<html lang="en">[^]*<title>Log in – Postern</)
})
`

test('a language is one file and one line, and what it lacks is said in English', (t) => {
  const project = copyOfProject(t)
  project.add('src/texts/he.ts', FILE)
  project.add('test/http/hebrew.test.ts', TEST)
  const languages = 'src/texts/languages.ts'
  project.edit(languages, '  ar,\n}', '  ar,\n  he,\n}')
  project.edit(
    languages,
    "import { ja } from './ja.ts'\n",
    "import { he } from './he.ts'\nimport { ja } from './ja.ts'\n",
  )
  project.check()
  const tests = ['test/http/hebrew.test.ts', 'test/texts/texts.test.ts', 'test/http/sample-pages.test.ts']
  const { status, output } = project.node(['--test', ...tests])
  assert.equal(status, 0, output)
  assert.match(output, /he lacks \d+ texts: brand.help, /)
})
