import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Approved,
  approvalOf,
  approvedTerms,
  isApproved,
  unapproved,
  withApproved,
} from '../../src/consents/approved.ts'
import { OWN_RESOURCE } from '../../src/protocol/resource.ts'

const A = 'https://a.example'
const B = 'https://b.example'
const whole = (_resource: readonly string[], scope: string) => scope

test('what has to be approved: the scope for this server, or what of it each resource gets', () => {
  assert.deepEqual(approvalOf({ scope: 'email' }, whole), { scope: 'email' })
  const scopeAt = ([one]: readonly string[]) => (one === A ? 'read' : one === OWN_RESOURCE ? 'email' : '')
  assert.deepEqual(approvalOf({ scope: 'read email', resource: [A] }, scopeAt), {
    scope: '',
    resources: { [A]: 'read' },
  })
  assert.deepEqual(approvalOf({ scope: 'read email', resource: [`${B}/`, A, OWN_RESOURCE] }, scopeAt), {
    scope: 'email',
    resources: { [B]: '', [A]: 'read' },
  })
})

test('a decision of before, which knew no resources, is one for this server', () => {
  const before: Approved = { scope: 'email read' }
  assert.ok(isApproved(before, { scope: 'read' }))
  assert.ok(!isApproved(before, { scope: '', resources: { [A]: 'read' } }))
  assert.ok(!isApproved(before, { scope: '', resources: { [A]: '' } }))
  const after = withApproved(before, { scope: '', resources: { [A]: 'read' } })
  assert.deepEqual(after, { scope: 'email read', resources: { [A]: 'read' } })
  assert.ok(isApproved(after, { scope: 'email' }))
})

test('what was approved for one resource says nothing about another', () => {
  const approved: Approved = { scope: 'email', resources: { [A]: 'read email' } }
  for (const [wanted, is] of [
    [{ scope: '', resources: { [A]: 'email' } }, true],
    [{ scope: '', resources: { [A]: 'write' } }, false],
    [{ scope: '', resources: { [B]: 'read' } }, false],
    [{ scope: 'email', resources: { [A]: 'read' } }, true],
    [{ scope: 'read' }, false],
    [{ scope: '', resources: { constructor: '' } }, false],
  ] as const)
    assert.equal(isApproved(approved, wanted), is, JSON.stringify(wanted))
})

test('what is new: scopes that some resource lacks, and resources', () => {
  const approved: Approved = { scope: 'email', resources: { [A]: 'read' } }
  const wanted = { scope: 'email', resources: { [A]: 'read write', [B]: 'read' } }
  const { scope, resources } = unapproved(approved, wanted)
  assert.equal(scope, 'write read')
  assert.deepEqual([...resources], [B])
  assert.deepEqual(approvedTerms(withApproved(approved, wanted)), {
    scope: 'email read write',
    resource: [A, B],
  })
})

test('nothing new is the very same record; the 33rd resource takes the place of the oldest', () => {
  let approved: Approved = { scope: '' }
  const add = (key: string) => {
    approved = withApproved(approved, { scope: '', resources: { [key]: 'read' } })
  }
  for (let at = 0; at < 40; at++) add(`https://${at}.example`)
  assert.equal(Object.keys(approved.resources ?? {}).length, 32)
  assert.equal(withApproved(approved, { scope: '', resources: { 'https://39.example': 'read' } }), approved)
  assert.ok(!isApproved(approved, { scope: '', resources: { 'https://7.example': 'read' } }))
  assert.ok(isApproved(approved, { scope: '', resources: { 'https://8.example': 'read' } }))
})
