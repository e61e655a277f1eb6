import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

const STEP = `import { withProof } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { PersonStep } from './step.ts'

/** \`/rules\`: the person reads the rules of the house. */
export function rulesStep({ sessions }: { sessions: Sessions }): PersonStep<'rules'> {
  return {
    name: 'rules',
    path: '/rules',
    view: 'rules',
    speaksFor: 'person',
    shown: ({ digest }) => digest,
    page: (_ask, { action, csrf, notice }) => ({ action, csrf, notice }),
    async submit(_form, { ask, visitor, now }) {
      const proof = { request_digest: ask.digest, step: 'rules' as const, at: now }
      await sessions.update(visitor.current, now, (session) =>
        session === undefined ? { answer: undefined } : { next: withProof(session, proof), answer: undefined },
      )
      return { result: 'back' }
    },
  }
}
`
const VIEW = `import { say } from '../../texts/text.ts'
import { FORM } from './samples.ts'
import type { Notice, View } from './view.ts'

interface RulesView {
  action: string
  csrf: string
  notice?: Notice
}

export const rules: View<RulesView> = {
  title: () => say('rules.title'),
  endsAtClient: true,
  samples: [FORM],
}
`
const TEMPLATE = `<%- include('head') %>
  <h1><%= text('rules.title') %></h1>
<%- include('notice') %>
  <form method="post" action="<%= action %>">
    <input type="hidden" name="csrf" value="<%= csrf %>">
    <button type="submit"><%= text('action.continue') %></button>
  </form>
<%- include('foot') %>
`
const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

test('the step comes in its place, its form is bound like every other, and it is not asked twice', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const rules = await agent.login(await agent.get(WALK))
  assert.match(rules.body, /<h1>The rules of this house<\\/h1>/)
  assert.equal(String(rules.body.match(/action="([^"?]*)/)?.[1]), '/rules')
  const forged = await agent.submit({ ...rules, body: rules.body.replace(/name="csrf" value="./, 'name="csrf" value="') }, {})
  assert.match(forged.body, /was open for a while[^]*The rules|The rules[^]*was open for a while/)
  const consent = await agent.submit(rules, {})
  assert.match(consent.body, /wants access/)
  const answer = await agent.submit(consent, { decision: 'approve' })
  assert.match(String(answer.headers.location), /[?&]code=/)
})
`

test('a step is its file, its view and texts, a line in each index, and its place in the order', (t) => {
  const project = copyOfProject(t)
  project.add('src/steps/rules.ts', STEP)
  project.add('src/http/views/rules.ts', VIEW)
  project.add('views/rules.ejs', TEMPLATE)
  project.add('test/flows/rules.test.ts', TEST)
  project.edit(
    'src/texts/en.ts',
    "  'form.stale'",
    "  'rules.title': 'The rules of this house',\n\n  'form.stale'",
  )
  const line = (path: string, before: string, added: string) =>
    project.edit(path, before, `${added}${before}`)
  line(
    'src/steps/index.ts',
    '    consent: consentStep',
    '    rules: rulesStep(context) satisfies PersonStep,\n',
  )
  line('src/steps/index.ts', 'import { selectAccountStep }', "import { rulesStep } from './rules.ts'\n")
  line('src/http/views/index.ts', "  'form-post': formPost,", '  rules,\n')
  line('src/http/views/index.ts', 'import { selectAccount }', "import { rules } from './rules.ts'\n")
  line('src/sessions/session.ts', " | 'select_account'", " | 'rules'")
  const order = 'src/authorization/next-step.ts'
  line(order, "  | { step: 'consent'; account: Account }", "  | { step: 'rules'; account: Account }\n")
  line(
    order,
    '  if (needsConsent(situation)) {',
    "  if (!proven(situation, 'rules')) return { step: 'rules', account }\n",
  )
  project.check()
  const tests = ['test/flows/rules.test.ts', 'test/architecture.test.ts', 'test/http/sample-pages.test.ts']
  const { status, output } = project.node(['--test', ...tests])
  assert.equal(status, 0, output)
})
