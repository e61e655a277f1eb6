import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageTexts } from '../../src/http/page-texts.ts'
import { en } from '../../src/texts/en.ts'
import { chooseLanguage, gapsOf, LANGUAGES } from '../../src/texts/languages.ts'
import { PLACE, speakAll, speakerOf } from '../../src/texts/speaker.ts'
import { say, type TextKey } from '../../src/texts/text.ts'

const placesOf = (pattern: string) => pattern.match(PLACE)?.toSorted() ?? []

test('every language has the values and links of the English text, and no text that English lacks', (t) => {
  for (const [language, catalogue] of Object.entries(LANGUAGES)) {
    for (const [key, pattern] of Object.entries(catalogue)) {
      const english = en[key as TextKey]
      assert.ok(english !== undefined, `${language}: ${key} is no text of ours`)
      assert.deepEqual(placesOf(pattern), placesOf(english), `${language}: ${key}`)
      assert.equal(/\[.+\]/.test(pattern), /\[.+\]/.test(english), `${language}: ${key}`)
    }
    const gaps = gapsOf(language)
    if (gaps.length > 0) t.diagnostic(`${language} lacks ${gaps.length} texts: ${gaps.join(', ')}`)
  }
  assert.deepEqual(gapsOf('en'), [])
})

test('a text is said with its values; a length of time in the words of the language', () => {
  const { speak } = speakerOf('en')
  assert.equal(speak(say('consent.title', { client: 'App {client}' })), 'Allow App {client}?')
  const wait = (seconds: number) => speak(say('login.wait', { time: { seconds } }))
  assert.equal(wait(1), 'Too many attempts. Please try again in 1 second.')
  assert.equal(wait(59), 'Too many attempts. Please try again in 59 seconds.')
  assert.equal(wait(61), 'Too many attempts. Please try again in 2 minutes.')
})

test('texts are said wherever they stand in the data of a page, and all else stays', () => {
  const data = { a: [say('login.wrong'), 'own'], b: { c: say('login.title') }, n: 1, u: undefined }
  const spoken = { a: [en['login.wrong'], 'own'], b: { c: 'Log in' }, n: 1, u: undefined }
  assert.deepEqual(speakAll(data, speakerOf('en')), spoken)
})

test('markup stands only where the template puts it: values, names and links are escaped', () => {
  const { rich, strong, code, person } = pageTexts(speakerOf('en'))
  const evil = '<img src=x onerror=a> [x] {id} "\''
  const safe = '&lt;img src=x onerror=a&gt; [x] {id} &#34;&#39;'
  assert.equal(String(rich('reference', { id: evil })), `Reference ${safe}`)
  assert.equal(String(rich('reference', { id: code(evil) })), `Reference <code>${safe}</code>`)
  assert.equal(
    String(rich('client.to_continue', { client: strong(evil) })),
    `to continue to <strong><bdi>${safe}</bdi></strong>`,
  )
  assert.equal(
    String(rich('account.as', { account: person({ name: evil, username: 'ada' }) })),
    `You are logged in as <strong><bdi>${safe}</bdi></strong> (<bdi>ada</bdi>)`,
  )
  assert.equal(
    String(rich('consent.not_you', {}, '/login?a=1&b="$\'$1')),
    'Not you? <a href="/login?a=1&amp;b=&#34;$&#39;$1">Use another account</a>',
  )
})

test('the language is one of ours that the browser likes best, and English otherwise', () => {
  assert.equal(chooseLanguage(undefined), 'en')
  assert.equal(chooseLanguage('xx-YY, en;q=0.5'), 'en')
  assert.equal(chooseLanguage('__proto__, constructor, ;q=, en-GB;q=x,,*'), 'en')
  assert.equal(chooseLanguage('a'.repeat(100_000)), 'en')
})
