import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const signals = join(import.meta.dirname, '../../src/process/signals.ts')

/** Stops a process of its own by `stopper`; `close` is the code of what it closes. */
function stopped(close: string) {
  const log = `const log = Object.fromEntries(['info', 'warn', 'error'].map((level) =>
    [level, (...line) => console.log(level, JSON.stringify(line))]))
    log.flush = (done) => done()`
  const code = `import { stopper } from ${JSON.stringify(signals)}; ${log}; stopper(${close}, log)('SIGTERM')`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  })
  return { status, lines: stdout.trim().split('\n'), stderr }
}

test('a server that is told to stop closes, and says so', () => {
  assert.deepEqual(stopped('() => Promise.resolve()'), {
    status: 0,
    lines: ['info [{"why":"SIGTERM"},"stopping"]', 'info ["stopped"]'],
    stderr: '',
  })
})

test('one that cannot close in order says why, in its log, and ends', () => {
  assert.deepEqual(stopped('() => Promise.reject(new Error("a hook failed"))'), {
    status: 1,
    lines: [
      'info [{"why":"SIGTERM"},"stopping"]',
      'error [{"detail":"a hook failed"},"the server did not close in order"]',
    ],
    stderr: '',
  })
})
