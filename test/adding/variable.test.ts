import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'
import { KEY } from '../support/server.ts'

test('a variable is one entry: its type, its check and its documents follow', (t) => {
  const project = copyOfProject(t)
  project.edit(
    'src/config/variables/log.ts',
    'export const LOG = {\n',
    "export const LOG = {\n  LOG_COLOUR: oneOf(['none', 'blue'], 'none', 'The colour of the log.'),\n",
  )
  project.add(
    'src/config/typed.ts',
    "import type { Environment } from './environment.ts'\nexport const colour: Environment['LOG_COLOUR'] = 'blue'\n",
  )
  project.check()
  const check = (LOG_COLOUR: string) =>
    project.node(['src/start.js', 'check-config'], { LOG_COLOUR, SECRET_KEYS: KEY })
  assert.match(check('blue').output, /^ {2}LOG_COLOUR=blue$/m)
  assert.deepEqual(check('red'), {
    status: 1,
    output: 'postern: LOG_COLOUR is "red"; it must be one of none, blue\n',
  })
  assert.equal(project.node(['test/docs/write.ts']).status, 0)
  const example = readFileSync(join(project.folder, '.env.example'), 'utf8')
  assert.match(example, /# The colour of the log\.\n# Must be one of none, blue\.\n# LOG_COLOUR=none\n/)
})
