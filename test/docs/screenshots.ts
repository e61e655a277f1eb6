// Takes the README's pictures: node test/docs/screenshots.ts
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/config.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { freePort } from '../support/listen.ts'

const folder = process.argv[2] ?? join(import.meta.dirname, '../../docs/images')
mkdirSync(folder, { recursive: true })
const port = await freePort()
const config = loadConfig({ PORT: String(port) })
const app = await createServer(config, { store: new MemoryStore(), log: pino({ level: 'silent' }) })
await app.listen({ port, host: '127.0.0.1' })
const browser = await launchChromium()
const url = config.issuer + WALK
const sizes = { desktop: { width: 900, height: 680 }, phone: { width: 360, height: 740 } }
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(sizes)) {
    const page = await newPage(browser, { colorScheme, viewport })
    const shot = (name: string) =>
      page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) })
    await page.goto(`${url}&prompt=consent`)
    await shot('login')
    await login(page, 'admin', 'wrong')
    await shot('login-wrong')
    await login(page)
    await shot('consent')
    await page.goto(`${url}&prompt=select_account`)
    await shot('select-account')
    await page.goto(`${url}&prompt=consent`)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL(/^https:/)
    await page.goto(`${config.issuer}/`)
    await shot('home')
    await page.goto(`${config.issuer}/logout`)
    await shot('logout')
    await page.goto(`${config.issuer}/oauth/authorize?client_id=nobody`)
    await shot('error')
    await page.context().close()
  }
}
await browser.close()
await app.close()
