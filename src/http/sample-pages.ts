import ejs from 'ejs'
import { ConfigError } from '../config/config-error.ts'
import { LANGUAGES } from '../texts/languages.ts'
import { speakAll, speakerOf } from '../texts/speaker.ts'
import { pageTexts } from './page-texts.ts'
import { templateOf } from './pages.ts'
import { VIEWS, type ViewName } from './views/index.ts'

/**
 * Renders every view with samples, so that a template that compiles and then throws is found before a person sees
 * it. Throws `ConfigError` that names it.
 */
export async function renderSamples(viewsDir: string): Promise<void> {
  for (const language of Object.keys(LANGUAGES)) {
    const speaker = speakerOf(language)
    const frame = { title: 'Sample', base: '', assets: 'sample', ...pageTexts(speaker) }
    for (const [name, { samples }] of Object.entries(VIEWS)) {
      for (const data of samples)
        await render(templateOf(viewsDir, name as ViewName), { ...frame, ...speakAll(data, speaker) })
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
