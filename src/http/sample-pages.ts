import ejs from 'ejs'
import { ConfigError } from '../config/config-error.ts'
import { LANGUAGES } from '../texts/languages.ts'
import { speakAll, speakerOf } from '../texts/speaker.ts'
import { pageTexts } from './page-texts.ts'
import { fileOf, includesOf } from './templates.ts'
import { VIEWS } from './views/index.ts'
import type { BrandView } from './views/view.ts'

// With everything, and with as little as there can be.
const BRANDS: readonly BrandView[] = [
  {
    ...{
      name: 'Sample <Ltd>',
      host: 'id.example',
      logo: 'a.svg',
      logo_dark: 'b.svg',
      favicon: 'c.png',
      style: 'd.css',
    },
    ...{
      support: 'https://help.example',
      links: [{ text: 'Sample', href: 'https://a.example' }],
      legal: 'Sample',
    },
  },
  { name: 'Sample', host: 'id.example', links: [] },
]

const LANGUAGE = {
  choices: [
    { tag: 'en', name: 'English' },
    { tag: 'de', name: 'Deutsch' },
  ],
  ...{ action: '/language', back: '/' },
}

/**
 * Renders every view with samples, so that a template that compiles and then throws is found before a person sees
 * it. Throws `ConfigError` that names it.
 */
export async function renderSamples(viewsDir: string): Promise<void> {
  const including = includesOf(viewsDir)
  for (const language of Object.keys(LANGUAGES)) {
    const speaker = speakerOf(language)
    for (const [name, { samples }] of Object.entries(VIEWS)) {
      for (const data of samples)
        for (const brand of BRANDS) {
          const frame = {
            ...{ title: 'Sample', base: '', assets: 'sample', brand, language: LANGUAGE, isHelped: true },
            ...pageTexts(speaker),
          }
          await render(viewsDir, name, including({ ...frame, ...speakAll(data, speaker) }))
        }
    }
  }
}

async function render(viewsDir: string, name: string, data: object): Promise<void> {
  const path = fileOf(viewsDir, `${name}.ejs`)
  try {
    await ejs.renderFile(path, data)
  } catch (error) {
    // The library's message has a place for each template on the way, with the lines around it, then the reason.
    const lines = (error as Error).message.split('\n')
    const place = lines.findLast((line) => /^\S.*:\d+$/.test(line)) ?? path
    throw new ConfigError(`the template ${place} cannot be rendered: ${lines.at(-1)}`)
  }
}
