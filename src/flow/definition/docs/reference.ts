import { dependencyKeys, healthcheckKeys, portKeys, rootKeys, serviceKeys } from '../schema/compose-keys.ts'
import { editorSchema } from './editor-schema.ts'
import { cell, code, inWords, type Part } from './json-words.ts'

/**
 * The reference page: the annotated example first, then every key, from the same schema that validates the file.
 *
 * @param example - text of `example.yaml`
 */
export function referencePage(example: string): string {
  return [
    '# `threeways.yaml`',
    '<!-- Written by `npm run docs` from src/flow/definition/schema.ts. -->',
    'One file says what a value stream is: its services, what is built, where it runs, and the way from a commit to production.',
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
    rules,
    '## Every key',
    'A key in **bold** must be there. `<name>` stands for a name you choose.',
    ...sections(editorSchema() as Part, []),
    '## Compose keys that are refused',
    'They are valid in Compose, and nothing here would honour them. A file that asks for a memory limit and does not get it would be a quiet lie, so it is refused at the line that asks.',
    refusedTable(),
    '',
  ].join('\n\n')
}

const rules = `Write one from what a repository has with \`threeways init\`. For completion in an editor that has the YAML language server, put this on
the first line, with the path to [threeways.schema.json](threeways.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=./threeways.schema.json
\`\`\`

## What holds everywhere

- **The same commit means the same everywhere.** \`\${NAME}\`, which Compose takes from the machine that reads the file, is refused; \`$$\` is a dollar sign. What differs between environments stands under \`x-threeways.environments\`, and only variables listed in \`parity\` may differ.
- **No shell.** A command as text is split into words; quotes and backslashes work. Text that needs a shell (\`&&\`, \`|\`, \`>\`, \`*\`, \`NAME=value\`) is refused: write \`["sh", "-c", "…"]\` if you want one.
- **Names** are lower case letters, digits and dashes, begin with a letter and have at most 40 characters: they become folders, databases, hosts and variables.
- **Durations** have units: \`500ms\`, \`10s\`, \`1m30s\`, at most \`24h\`.
- **Paths** are relative to the file, with \`/\`, and stay inside the repository.
- **Values are what they look like.** \`1.10\` is refused, because YAML reads it as 1.1: write \`"1.10"\`.
- **Nothing is ignored.** Unknown keys, keys that stand twice, and Compose keys that cannot be honoured are errors. Keys of other tools that begin with \`x-\` are left alone.
- All errors are told at once, each with line, column and what to do. Files are UTF-8, at most 1 MiB, one document; anchors, aliases and \`<<\` work.

A service gets, beside its own variables: \`PORT\`, where it must listen on 127.0.0.1, and for everything it depends on its address: \`DB_URL\` for a service or resource \`db\`, for a database also \`DB_HOST\`, \`DB_PORT\`, \`DB_USER\`, \`DB_PASSWORD\` and \`DB_NAME\`. Checks with \`in: environment\` get the addresses of everything.`

type Path = readonly string[]

/** One section per map with known keys, outer maps first. */
function sections(part: Part, path: Path): readonly string[] {
  const branches = part.anyOf?.filter((each) => each.type === 'object' || each.type === 'array') ?? []
  if (branches.length > 0) return branches.flatMap((each) => sections(each, path))
  if (part.type === 'array') return part.items ? sections(part.items, path) : []
  const inner = typeof part.additionalProperties === 'object' ? sections(part.additionalProperties, [...path, '<name>']) : []
  const members = Object.entries(part.properties ?? {})
  if (members.length === 0) return inner
  return [
    `### ${path.length === 0 ? 'The file' : `\`${path.join('.')}\``}`,
    table(members, part.required ?? []),
    ...members.flatMap(([key, member]) => sections(member, [...path, key])),
    ...inner,
  ]
}

function table(members: readonly (readonly [string, Part])[], required: readonly string[]): string {
  const rows = members.map(([key, member]) => {
    const name = required.includes(key) ? `**\`${key}\`**` : `\`${key}\``
    const example = member.examples === undefined ? '' : ` For example ${code(member.examples[0])}.`
    return `| ${name} | ${cell(kind(member))} | ${defaultOf(member)} | ${cell(`${member.description ?? ''}${example}`)} |`
  })
  return ['| key | value | default | |', '|---|---|---|---|', ...rows].join('\n')
}

function kind(part: Part): string {
  return inWords(part).replace(/^(map of names to|list of) (map|\(map or nothing\))$/, '$1 maps, below')
}

function defaultOf({ default: value }: Part): string {
  const empty = value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return empty ? '' : cell(code(value))
}

function refusedTable(): string {
  const places = {
    'the file': rootKeys,
    'a service': serviceKeys,
    healthcheck: healthcheckKeys,
    depends_on: dependencyKeys,
    ports: portKeys,
  }
  const rows = Object.entries(places).flatMap(([place, keys]) => {
    const byHelp = Map.groupBy(Object.entries(keys), ([, help]) => help)
    return [...byHelp].map(([help, entries]) => `| ${place} | ${entries.map(([key]) => `\`${key}\``).join(' ')} | ${cell(help)} |`)
  })
  return ['| where | keys | what to do |', '|---|---|---|', ...rows].join('\n')
}
