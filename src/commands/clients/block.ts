import { block as keep, keyOf, unblock as lift } from '../../clients/introduced/block-list.ts'
import { blockRule } from '../../clients/introduced/block-rule.ts'
import { BLOCKED_SCHEMA, type BlockedEntry } from '../../config/blocked.ts'
import { ConfigError } from '../../config/config-error.ts'
import { problems } from '../../config/problems.ts'
import { SEEN_WITHIN } from '../../registry/registry.ts'
import { type Action, NotFound, type Option, type Words, WrongUse } from '../action.ts'
import { withWorkbench } from '../with-workbench.ts'

/** The rules, as options. */
const RULES: Readonly<Record<string, Option>> = {
  'redirect-host': {
    value: 'host',
    summary: 'those that send browsers there: a host, *. and a host for all below it too, or a scheme',
    repeated: true,
  },
  'document-host': {
    value: 'host',
    summary: 'those whose client_id is a document there',
    repeated: true,
  },
  'client-name': {
    value: 'pattern',
    summary: 'those of this name; * stands for anything, and case counts for nothing',
    repeated: true,
  },
  'approved-before': {
    value: 'time',
    summary: 'what people approved before is over, and they are asked again',
    repeated: true,
  },
}

export const block: Action = {
  summary: 'lets no client in that introduced itself and fits a rule; deletes nothing',
  takes: '',
  options: RULES,
  examples: [
    'clients block --redirect-host "*.evil.example" --document-host "*.evil.example"',
    'clients block --client-name "*bank*"',
    'clients block --approved-before 2026-11-01T00:00:00Z',
  ],
  async run(given, output) {
    const { entries, texts } = rulesIn(given, Math.floor(Date.now() / 1000))
    await withWorkbench(async ({ bench, note }) => {
      const added = await keep(bench.people.registry, entries)
      note('clients block', { reason: texts.join(', ') })
      if (output.json) return output.fields({ rules: entries, added })
      output.say(
        `${texts.join(', ')}: ${added === 0 ? 'blocked before already' : `blocked, at every node within ${SEEN_WITHIN} seconds`}.`,
      )
      output.say(
        'Clients of the file, and those of clients add, are not concerned. JWT access tokens are good at APIs that do not ask, until their end.',
      )
    })
  },
}

export const unblock: Action = {
  summary: 'lifts a rule of clients block: what was given before works again',
  takes: '',
  options: RULES,
  examples: ['clients unblock --client-name "*bank*"'],
  async run(given, output) {
    const { entries, texts } = rulesIn(given, Number.POSITIVE_INFINITY)
    await withWorkbench(async ({ bench, config, note }) => {
      const { registry } = bench.people
      const kept = new Set((await registry.refresh()).blocked_clients.map(keyOf))
      const filed = new Set(config.entries.blocked_clients?.map(keyOf))
      for (const [at, entry] of entries.entries()) {
        if (kept.has(keyOf(entry))) continue
        if (filed.has(keyOf(entry)))
          throw new ConfigError(
            `${texts[at]} is in the configuration file (blocked_clients); take it out there`,
          )
        throw new NotFound(`the store has no rule ${texts[at]}; clients blocked has every one`)
      }
      await lift(registry, entries)
      note('clients unblock', { reason: texts.join(', ') })
      if (output.json) return output.fields({ rules: entries, lifted: true })
      output.say(`${texts.join(', ')}: lifted, at every node within ${SEEN_WITHIN} seconds.`)
      for (const text of entries.flatMap((entry, at) => (filed.has(keyOf(entry)) ? [texts[at]] : [])))
        output.say(`${text} is in the configuration file too (blocked_clients), and goes on.`)
    })
  },
}

export const blocked: Action = {
  summary: 'the rules by which clients that introduced themselves are blocked, of the file and of the store',
  takes: '',
  examples: ['clients blocked', 'clients blocked --json'],
  async run(_given, output) {
    await withWorkbench(async ({ bench, config }) => {
      const { blocked_clients } = await bench.people.registry.refresh()
      const rows = [
        ...(config.entries.blocked_clients ?? []).map((rule) => ({ rule, from: 'file' })),
        ...blocked_clients.map((rule) => ({ rule, from: 'store' })),
      ]
      output.rows(rows, {
        rule: ({ rule }) => Object.keys(rule),
        value: ({ rule }) => Object.values(rule),
        from: ({ from }) => from,
      })
    })
  },
}

/** The rules of a command line, and how they are written. Throws `WrongUse`. */
function rulesIn(given: Words, now: number): { entries: BlockedEntry[]; texts: string[] } {
  const entries = Object.keys(RULES).flatMap((option): BlockedEntry[] =>
    given.texts(option).map((value) => ({ [option.replace('-', '_')]: value })),
  )
  if (entries.length === 0)
    throw new WrongUse(
      `say what: ${Object.entries(RULES)
        .map(([name, { value }]) => `--${name} <${value}>`)
        .join(', or ')}`,
    )
  const texts = entries.map((entry) => {
    const refuse = (field: string, problem: string): never => {
      throw new WrongUse(`--${field.replace('_', '-')} ${problem}`)
    }
    for (const { path, problem } of problems(BLOCKED_SCHEMA, entry)) refuse(path.slice(1), problem)
    return blockRule(entry, refuse, now).text
  })
  return { entries, texts }
}
