import { cell, code, inWords, type Part } from '../src/flow/definition/docs/json-words.ts'
import type { CatalogueEntry } from '../src/ledger/catalogue.ts'

/** The catalogue of events: what the ledger records, what each says. */
export function eventPage(known: readonly CatalogueEntry[]): string {
  const entries = known.toSorted((a, b) => (a.type < b.type ? -1 : 1))
  const own = entries.filter((entry) => entry.origin === 'threeways')
  const written = entries.filter((entry) => entry.origin === 'cdevents' && entry.custom !== undefined)
  const others = entries.filter((entry) => entry.origin === 'cdevents' && entry.custom === undefined)
  return [
    '# Events',
    '<!-- Written by `npm run docs` from the kinds of event in src. -->',
    `Everything that happens is an event on the ledger: a [CDEvent](https://cdevents.dev) 0.5 inside a [CloudEvent](https://cloudevents.io) 1.0. (\`source\`, \`id\`) names an event, so sending it twice is sending it once. Send your own to \`POST /api/events\`, structured, binary or as a batch. An event that does not meet its schema is refused, with the path of the fault.`,
    `The kinds below are the ${own.length} of our own, where CDEvents has no word; the ${written.length} of CDEvents that we write, with what we add to them; and the ${others.length} others of CDEvents, which are accepted from other tools.`,
    '## Our own',
    'Type: `dev.cdeventsx.threeways-<subject>.<predicate>.<version>`. The fields are those of `data.subject.content`.',
    ...own.flatMap((entry) => section(entry)),
    '## CDEvents that we write',
    "The standard's own schema holds; what we add stands in `data.customData`. Others may send the same kinds without it.",
    ...written.flatMap((entry) => section(entry)),
    '## CDEvents that we accept',
    ['| type | |', '|---|---|', ...others.map(({ type, description }) => `| \`${type}\` | ${cell(description)} |`)].join('\n'),
    '',
  ].join('\n\n')
}

function section({ type, description, content, custom }: CatalogueEntry): readonly string[] {
  const tables = custom === undefined ? [table(content as Part)] : [table(content as Part), `In \`customData\`:`, table(custom as Part)]
  return [`### \`${type}\``, `${description}.`.replace(/\.\.$/, '.'), ...tables.filter((each) => each !== '')]
}

function table(part: Part): string {
  const rows = fields(part, '')
  return rows.length === 0 ? '' : ['| field | value | |', '|---|---|---|', ...rows].join('\n')
}

/** One row per field; a field of a field has both names. Fields in bold are always there. */
function fields(part: Part, prefix: string): readonly string[] {
  return Object.entries(part.properties ?? {}).flatMap(([key, member]) => {
    const name = part.required?.includes(key) ? `**\`${prefix}${key}\`**` : `\`${prefix}${key}\``
    const inner = fields(member.type === 'array' ? (member.items ?? {}) : member, `${prefix}${key}.`)
    return [`| ${name} | ${cell(describe(member))} | ${cell(member.description ?? '')} |`, ...inner]
  })
}

function describe(member: Part): string {
  return member.const === undefined ? inWords(member) : code(member.const)
}
