import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

const FILE = `/** The command: greets. */
export async function run(): Promise<void> {
  console.log('hello')
}
`
const LINE = `greet: { summary: 'greets', run: async () => (await import('./greet.ts')).run() },
`

test('a command is one file and one line', (t) => {
  const project = copyOfProject(t)
  project.add('src/commands/greet.ts', FILE)
  project.edit('src/commands/index.ts', '  version: {', `  ${LINE}  version: {`)
  project.check()
  assert.deepEqual(project.node(['src/start.js', 'greet']), { status: 0, output: 'hello\n' })
  assert.match(project.node(['src/start.js', 'help']).output, /^ {2}greet +greets$/m)
  const held = project.node(['--test', 'test/architecture.test.ts'])
  assert.equal(held.status, 0, held.output)
})
