import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envExample, withCommands, withTable } from './generated.ts'

const root = join(import.meta.dirname, '../..')
const configuration = join(root, 'docs/configuration.md')
writeFileSync(join(root, '.env.example'), envExample())
const commands = join(root, 'docs/commands.md')
writeFileSync(commands, withCommands(readFileSync(commands, 'utf8')))
writeFileSync(configuration, withTable(readFileSync(configuration, 'utf8')))
