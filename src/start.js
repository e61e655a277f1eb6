// Plain JavaScript, so that an old Node can run it far enough to say what it lacks.
import { enableCompileCache } from 'node:module'

const NEEDED = 26
const found = Number(process.versions.node.split('.')[0])
if (found < NEEDED) {
  console.error(
    `Postern needs Node ${NEEDED}, found ${process.versions.node}. Run it by npm start after npm ci, which brings its own.`,
  )
  process.exit(1)
}
// Keeps the compiled and type-stripped modules between starts; where it cannot, the start is only slower.
enableCompileCache?.()
const { main } = await import('./main.ts')
await main(process.argv.slice(2))
