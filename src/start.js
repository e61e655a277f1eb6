#!/usr/bin/env node
// Plain JavaScript, so that an old Node can run it far enough to say what it lacks.
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const NEEDED = 26
const found = Number(process.versions.node.split('.')[0])
if (found < NEEDED) {
  console.error(
    `Postern needs Node ${NEEDED}, found ${process.versions.node}. Run it by npm start after npm ci, which brings its own.`,
  )
  process.exit(1)
}
// Keeps the compiled and type-stripped modules between starts, beside the code: in the system's temporary folder
// anybody on the machine could put code there. If it cannot be written, the start is only slower.
module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/postern', import.meta.url)))
const { main } = await import('./main.ts')
await main(process.argv.slice(2))
