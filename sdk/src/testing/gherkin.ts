/** One case: a scenario with one row of its examples filled in. */
export type Case = {
  readonly name: string
  readonly tags: readonly string[]
  readonly steps: readonly Step[]
}

/** `table`: the rows written under the step, heading first. */
export type Step = { readonly text: string; readonly table: readonly (readonly string[])[] }

type Draft = {
  readonly name: string
  readonly tags: readonly string[]
  readonly steps: { text: string; table: string[][] }[]
  readonly examples: Examples[]
}
type Examples = { readonly tags: readonly string[]; readonly rows: string[][] }

const keyword = /^(Given|When|Then|And|But|\*)\s+/
const heading = /^(Feature|Background|Scenario Outline|Scenario Template|Scenario|Example|Examples|Scenarios):\s*(.*)$/

/** The cases of a feature file: as much of Gherkin as the suites of flagd and OpenFeature use. */
export function casesOf(text: string): readonly Case[] {
  const background: Draft['steps'] = []
  const drafts: Draft[] = []
  let featureTags: readonly string[] = []
  let tags: string[] = []
  let steps = background
  let rows: string[][] | undefined
  for (const line of text.split('\n').map((line) => line.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const title = heading.exec(line)
    if (line.startsWith('@')) tags.push(...line.split(/\s+/).filter((word) => word.startsWith('@')))
    else if (title !== null) {
      const kind = title[1]!
      rows = undefined
      if (kind === 'Feature') featureTags = tags
      else if (kind === 'Background') steps = background
      else if (kind === 'Examples' || kind === 'Scenarios') {
        rows = []
        drafts.at(-1)!.examples.push({ tags, rows })
      } else {
        const draft: Draft = { name: title[2]!, tags: [...featureTags, ...tags], steps: [], examples: [] }
        drafts.push(draft)
        steps = draft.steps
      }
      tags = []
    } else if (line.startsWith('|')) (rows ?? steps.at(-1)!.table).push(cells(line))
    else if (keyword.test(line)) steps.push({ text: line.replace(keyword, ''), table: [] })
  }
  return drafts.flatMap((draft) => expand(draft, background))
}

/** A cell keeps its escapes, except that of the bar. */
const cells = (line: string): string[] =>
  line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

function expand(draft: Draft, background: Draft['steps']): readonly Case[] {
  const steps = [...background, ...draft.steps]
  if (draft.examples.length === 0) return [{ name: draft.name, tags: draft.tags, steps }]
  return draft.examples.flatMap(({ tags, rows: [names = [], ...rows] }) =>
    rows.map((row) => {
      const fill = (text: string): string => text.replace(/<([^<>]+)>/g, (whole, name: string) => row[names.indexOf(name)] ?? whole)
      return {
        name: `${draft.name} (${row.join(', ')})`,
        tags: [...draft.tags, ...tags],
        steps: steps.map(({ text, table }) => ({ text: fill(text), table: table.map((cellsOfRow) => cellsOfRow.map(fill)) })),
      }
    }),
  )
}

/** What a suite writes between quotation marks, as a value of the type that it names. */
export function valueOf(type: string, written: string): unknown {
  const text = written.replaceAll('\\"', '"')
  switch (type.toLowerCase()) {
    case 'boolean':
      return text === 'true'
    case 'integer':
    case 'float':
    case 'long':
    case 'double':
    case 'number':
      return Number(text)
    case 'object':
      return text === 'null' ? null : (JSON.parse(text) as unknown)
    default:
      return text
  }
}
