import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clientServer } from '../../support/listen.ts'
import { bearers } from '../support/bearers.ts'
import { program } from '../support/program.ts'

test('Protect an API with nginx: a person’s access token passes, and nothing else does', async (t) => {
  const { at, tokens } = await bearers(t, 'Protect an API with nginx')
  const api = await clientServer(t, (_request, response) => response.end('the API'))
  const own = mkdtempSync(join(tmpdir(), 'postern-nginx-'))
  t.after(() => rmSync(own, { recursive: true }))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(own, 'nginx.conf'),
    `daemon off; pid ${own}/pid; error_log stderr; events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${own}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${at.port};
    ${at.recipe.block('nginx').replaceAll('http://127.0.0.1:8080', api.origin)}
  }
}`,
  )
  const url = `http://127.0.0.1:${at.port}/notes`
  await program(t, ['nginx', '-p', own, '-c', join(own, 'nginx.conf'), '-e', 'stderr'], { url, cwd: own })
  const ask = async (bearer?: string) => {
    const headers = bearer === undefined ? undefined : { authorization: `Bearer ${bearer}` }
    const answer = await fetch(url, { method: 'POST', body: 'a note', ...(headers && { headers }) })
    return answer.ok ? answer.text() : answer.status
  }
  for (const good of [tokens.opaque, tokens.jwt]) assert.equal(await ask(good), 'the API')
  for (const bad of [undefined, tokens.own, tokens.idToken, tokens.foreign, 'nothing'])
    assert.equal(await ask(bad), 401)
  assert.deepEqual([...new Set(api.seen.map(({ body }) => body))], ['a note'])
})
