import { join } from 'node:path'
import ejs from 'ejs'
import { ConfigError } from '../config/config-error.ts'
import { LANGUAGES } from '../texts/languages.ts'
import { speakAll, speakerOf } from '../texts/speaker.ts'
import { say } from '../texts/text.ts'
import { pageTexts } from './page-texts.ts'
import type { ViewName, Views } from './views.ts'

const name = 'Sample <App>'
const uri = 'https://app.example/'
const client = { name, logo_uri: uri, client_uri: uri, policy_uri: uri, tos_uri: uri }
const account = { name: 'Ada Lovelace', username: 'ada' }
const notice = { tone: 'error', text: say('login.wrong') } as const
const form = { action: '/sample', csrf: 'sample' }

/** What each view may be given: with everything, and with as little as there can be. */
const SAMPLES: { readonly [Name in ViewName]: readonly Views[Name][] } = {
  login: [
    { ...form, username: 'ada', notice, client, demo: { username: 'ada', password: 'sample' } },
    { ...form, username: '', client: { name } },
    { ...form, username: '' },
  ],
  'select-account': [
    { ...form, client, account, other_href: '/', notice },
    { ...form, client: { name }, account, other_href: '/' },
  ],
  consent: [
    {
      ...form,
      client,
      account,
      switch_href: '/',
      scopes: ['See a sample'],
      stays: 'until_logout',
      redirect_host: 'app.example',
      notice,
    },
    {
      ...form,
      client,
      account,
      switch_href: '/',
      scopes: ['See a sample'],
      stays: 'after_logout',
      redirect_host: 'app.example',
    },
    { ...form, client: { name }, account, switch_href: '/', scopes: [], redirect_host: 'app' },
  ],
  error: [
    {
      heading: say('error.theirs'),
      message: say('error.theirs_message', { problem: name }),
      error: 'invalid_request',
      request_id: '1',
      link: { href: '/', text: say('error.start_page') },
    },
    { heading: say('error.ours'), message: say('error.ours_message'), request_id: '1' },
  ],
  logout: [
    { ...form, account, frames: [uri], continue_href: uri, notice },
    { ...form, frames: [uri], continue_href: uri, notice, refused: ['state'], request_id: '1' },
    { ...form },
  ],
  home: [
    {
      account,
      apps: [
        { client, scopes: ['See a sample'], client_id: 'sample', csrf: 'sample' },
        { client: { name }, scopes: [], client_id: 'sample', csrf: 'sample' },
      ],
      login_href: '/login',
      logout_href: '/logout',
      remove_action: '/',
      try_href: '/',
      notice,
    },
    { account, apps: [], login_href: '/login', logout_href: '/logout', remove_action: '/' },
    { apps: [], login_href: '/login', logout_href: '/logout', remove_action: '/', try_href: '/', notice },
    { apps: [], login_href: '/login', logout_href: '/logout', remove_action: '/' },
  ],
  'form-post': [
    { action: uri, parameters: [{ name: 'state', value: '"<&' }] },
    { action: uri, parameters: [] },
  ],
}

/**
 * Renders every view with samples, so that a template that compiles and then throws is found before a person sees
 * it. Throws `ConfigError` that names it.
 */
export async function renderSamples(viewsDir: string): Promise<void> {
  for (const language of Object.keys(LANGUAGES)) {
    const speaker = speakerOf(language)
    const frame = { title: name, base: '', assets: 'sample', ...pageTexts(speaker) }
    for (const [view, samples] of Object.entries(SAMPLES)) {
      for (const data of samples)
        await render(join(viewsDir, `${view}.ejs`), { ...frame, ...speakAll(data, speaker) })
    }
  }
}

async function render(path: string, data: object): Promise<void> {
  try {
    await ejs.renderFile(path, data)
  } catch (error) {
    // The library's message has a place for each template on the way, with the lines around it, then the reason.
    const lines = (error as Error).message.split('\n')
    const place = lines.findLast((line) => /^\S.*:\d+$/.test(line)) ?? path
    throw new ConfigError(`the template ${place} cannot be rendered: ${lines.at(-1)}`)
  }
}
