import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envExample, withTable } from './generated.ts'

const root = join(import.meta.dirname, '../..')
const configuration = join(root, 'docs/configuration.md')
writeFileSync(join(root, '.env.example'), envExample())
writeFileSync(configuration, withTable(readFileSync(configuration, 'utf8')))
