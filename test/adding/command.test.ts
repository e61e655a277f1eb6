import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

const FILE = `import type { Action } from './action.ts'

export const GREET: Action = {
  summary: 'greets somebody',
  takes: '<name>',
  options: { politely: { summary: 'and asks how they are' } },
  examples: ['greet ada --politely'],
  async run({ words: [name], flag }, output) {
    output.json ? output.fields({ name }) : output.say(\`hello \${name}\${flag('politely') ? ', how are you?' : ''}\`)
  },
}
`
const LINE = `greet: { summary: 'greets somebody', load: async () => (await import('./greet.ts')).GREET },
`

test('a command is one file and one line', (t) => {
  const project = copyOfProject(t)
  project.add('src/commands/greet.ts', FILE)
  project.edit('src/commands/index.ts', '  version: {', `  ${LINE}  version: {`)
  project.check()
  const greet = (...words: string[]) => project.node(['src/start.js', 'greet', ...words])
  assert.deepEqual(greet('ada', '--politely'), { status: 0, output: 'hello ada, how are you?\n' })
  assert.deepEqual(JSON.parse(greet('--json', 'ada').output), { name: 'ada' })
  assert.equal(greet().status, 2)
  assert.match(greet('--help').output, /^ {2}postern greet ada --politely$/m)
  assert.match(project.node(['src/start.js', 'help']).output, /^ {2}greet +greets somebody$/m)
  assert.equal(project.node(['test/docs/write.ts']).status, 0)
  assert.match(
    readFileSync(join(project.folder, 'docs/commands.md'), 'utf8'),
    /^\| `greet <name>` \| greets somebody \|$/m,
  )
  const held = project.node(['--test', 'test/architecture.test.ts'])
  assert.equal(held.status, 0, held.output)
})
