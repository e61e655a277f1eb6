import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEntries } from '../../src/config/file.ts'
import { offeredLanguages } from '../../src/config/languages.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

const spokenIn = ({ body, headers }: { body: string; headers: Record<string, unknown> }) => {
  const lang = /<html lang="([^"]+)"/.exec(body)?.[1]
  assert.equal(headers['content-language'], lang)
  return lang
}

test('what a person has chosen, then the application, then the browser; English for the rest', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const page = async (accepted: string, query = '') => {
    agent.headers = { host: 'localhost:8000', 'accept-language': accepted }
    return spokenIn(await agent.get(`/login${query}`))
  }
  const asks = `?${WALK.split('?')[1]}&ui_locales=`
  assert.equal(await page('de-AT, en;q=0.5'), 'de')
  assert.equal(await page('zh, xx'), 'en')
  assert.equal(await page('de', `${asks}fr-CA%20es`), 'fr')
  assert.equal(await page('de', `${asks}pt-BR%20zh`), 'de')
  assert.equal(await page('de', `${asks}${'x'.repeat(8000)}`), 'de')
  assert.equal(await page('de', `${asks}__proto__%20constructor`), 'de')
  const chosen = await agent.get('/language?to=ja&back=/login')
  assert.equal(chosen.headers.location, '/login')
  assert.equal(await page('de', `${asks}fr`), 'ja')
  for (const tag of ['xx', '', 'de%0d%0aset-cookie:a=b', '__proto__'])
    assert.equal((await agent.get(`/language?to=${tag}&back=/login`)).headers['set-cookie'], undefined)
  assert.equal(await page('de'), 'ja')
})

test('the application is spoken to the end in the language that it asks for', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const login = await agent.get(`${WALK}&ui_locales=de`)
  assert.equal(spokenIn(login), 'de')
  assert.equal(spokenIn(await agent.login(login, 'admin', 'wrong')), 'de')
  const consent = await agent.login(login)
  assert.equal(spokenIn(consent), 'de')
  assert.match(String((await agent.submit(consent, { decision: 'approve' })).headers.location), /code=/)
})

test('the language of a person is theirs where nobody has chosen, and only of who is logged in', async (t) => {
  const user = { username: 'ada', password: 'ada', locale: 'ar-EG' }
  const { app } = await buildServer(t, { users: [user] })
  const agent = new Agent(app)
  agent.headers = { host: 'localhost:8000', 'accept-language': 'de' }
  const login = await agent.get('/login')
  assert.equal(spokenIn(login), 'de')
  const page = await agent.login(login, 'ada', 'ada')
  assert.equal(spokenIn(page), 'ar')
  assert.match(page.body, /<html lang="ar" dir="rtl">/)
})

test('choosing leads back to the page, and nowhere else', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get(WALK)
  const [, back = ''] = /name="back" value="([^"]*)"/.exec(page.body) ?? []
  assert.equal(back.replaceAll('&amp;', '&'), WALK)
  const to = (path: string) => `/language?${new URLSearchParams({ to: 'fr', back: path })}`
  assert.equal((await agent.get(to(WALK))).headers.location, WALK)
  // After a post: where it all began, by a GET.
  const wrong = await agent.login(page, 'admin', 'wrong')
  assert.match(wrong.body, /name="back" value="\/oauth\/authorize\?/)
  for (const elsewhere of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/%0d%0alocation:x',
    '',
  ]) {
    const { location } = (await agent.get(to(elsewhere))).headers
    assert.equal(
      new URL(String(location), 'http://localhost:8000').origin,
      'http://localhost:8000',
      elsewhere,
    )
  }
})

test('a configuration offers some of them; what there is not is refused; the metadata says it', async (t) => {
  const { app } = await buildServer(t, {
    change: (entries) => {
      entries.languages = ['de', 'fr']
    },
  })
  const agent = new Agent(app)
  agent.headers = { host: 'localhost:8000', 'accept-language': 'ja, en' }
  assert.equal(spokenIn(await agent.get('/login')), 'de')
  const metadata = await app.inject({
    url: '/.well-known/openid-configuration',
    headers: { host: 'localhost:8000' },
  })
  assert.deepEqual(metadata.json().ui_locales_supported, ['de', 'fr'])
  assert.throws(
    () => offeredLanguages(readEntries('languages: [tlh]', 'a.yaml', {})),
    /\/languages has tlh; there are en, /,
  )
  const one = await buildServer(t, {
    change: (entries) => {
      entries.languages = ['en']
    },
  })
  assert.doesNotMatch((await new Agent(one.app).get('/login')).body, /<select/)
})

test('names and sentences of an operator, and of who introduces itself, are said in the language of the page', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        ...{
          client_id: 'notes',
          client_name: 'Notes',
          'client_name#de': 'Notizen',
          'client_name#ar': 'ملاحظات',
        },
        ...{
          redirect_uris: ['https://a.example/cb'],
          token_endpoint_auth_method: 'none',
          scope: 'notes.read',
        },
      } as never,
    ],
    scopes: { 'notes.read': { sentence: 'Read your notes', 'sentence#de': 'Ihre Notizen lesen' } as never },
  })
  const asked = { client_id: 'notes', redirect_uri: 'https://a.example/cb', response_type: 'code' }
  const pkce = {
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }
  const page = async (ui_locales: string) => {
    const agent = new Agent(app)
    const login = await agent.get(
      `/oauth/authorize?${new URLSearchParams({ ...asked, ...pkce, ui_locales })}`,
    )
    return [login.body, (await agent.login(login)).body].join()
  }
  const german = await page('de')
  assert.match(german, /<title>Anmelden bei Notizen – Postern/)
  assert.match(german, /<bdi>Notizen<\/bdi> möchte Zugriff/)
  assert.match(german, /<li>Ihre Notizen lesen<\/li>/)
  assert.match(await page('ar'), /ملاحظات/)
  const french = await page('fr')
  assert.match(french, /<bdi>Notes<\/bdi>/)
  assert.match(french, /<li>Read your notes<\/li>/)
  const register = async (more: object) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/oauth/register',
      headers: { host: 'localhost:8000', 'content-type': 'application/json' },
      payload: {
        ...{
          client_name: 'Agent',
          redirect_uris: ['https://a.example/cb'],
          token_endpoint_auth_method: 'none',
        },
        ...more,
      },
    })
    return answer.json()
  }
  const plain = await register({})
  assert.equal(
    (await register({ 'client_name#xx': 'Nobody', 'client_name#de': 7 })).client_id,
    plain.client_id,
  )
  const named = await register({ 'client_name#ja': 'エージェント\u202E' })
  assert.equal(named['client_name#ja'], 'エージェント')
  assert.notEqual(named.client_id, plain.client_id)
  const query = new URLSearchParams({ ...asked, ...pkce, client_id: named.client_id, ui_locales: 'ja' })
  assert.match((await new Agent(app).get(`/oauth/authorize?${query}`)).body, /エージェント/)
})
