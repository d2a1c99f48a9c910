import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { invalid, type Fault } from '../../kernel/errors.ts'

const Name = z.string().min(1).max(200)
/** A column by its name, or what is the same in every row. */
const Cell = z.union([
  Name.transform((column) => ({ column })),
  z.strictObject({ column: Name }),
  z.strictObject({ value: z.string().max(1000) }),
])
export type Cell = z.infer<typeof Cell>

const Time = z.strictObject({
  column: Name,
  as: z.enum(['unix', 'unix-ms', 'rfc3339', 'local']).default('rfc3339'),
  zone: Name.optional(),
})

const Conditions = z.record(Name, z.string().max(1000))
const common = {
  when: Conditions.optional(),
  time: Time.optional(),
  id: z.array(Name).min(1).max(20).optional(),
  service: Cell.optional(),
  environment: Cell.optional(),
  by: Cell.optional(),
}

const Deployment = z.strictObject({
  event: z.literal('deployment'),
  ...common,
  version: Cell,
  previous: Cell.optional(),
  commit: Cell.optional(),
})
const Gate = z.strictObject({ event: z.literal('gate'), ...common, way: z.enum(['into', 'onwards']), open: Cell })

/** A row is an incident from when it was detected until it was over; an empty cell: it is not. */
const Incident = z.strictObject({
  event: z.literal('incident'),
  ...common,
  incident: Cell,
  resolved: Time.optional(),
  began: Time.optional(),
  version: Cell.optional(),
  summary: Cell.optional(),
})

const MapFile = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens'),
  time: Time,
  id: z.array(Name).min(1).max(20).optional(),
  service: Cell,
  environment: Cell,
  by: Cell.optional(),
  events: z
    .array(z.discriminatedUnion('event', [Deployment, Gate, Incident]))
    .min(1)
    .max(50),
})

/** What rows of a table say. See docs/history.md. */
export type CsvMap = z.infer<typeof MapFile>
export type EventMap = CsvMap['events'][number]

/** Columns that hold a time. */
export const timesOf = (one: EventMap): readonly CsvMap['time'][] =>
  [one.time, ...(one.event === 'incident' ? [one.resolved, one.began] : [])].flatMap((time) => time ?? [])

const bytesMax = 64 * 1024

/** @throws ThreewaysError `MAP_INVALID`, every fault with its line */
export function readMap(text: string, file: string): CsvMap {
  const faults: Fault[] = []
  const lines = new LineCounter()
  const tooLong = text.length > bytesMax
  if (tooLong) faults.push({ file, line: 1, path: '', message: `is longer than ${bytesMax} characters` })
  const document = parseDocument(tooLong ? '' : text, { lineCounter: lines, prettyErrors: false })
  for (const { message, pos } of document.errors) faults.push({ file, line: lines.linePos(pos[0]).line, path: '', message })
  const read = faults.length === 0 ? MapFile.safeParse(document.toJS({ maxAliasCount: 20 })) : undefined
  if (read?.success === true) {
    const { data } = read
    const local = [data.time, ...data.events.flatMap(timesOf)].find(({ as, zone }) => as === 'local' && zone === undefined)
    if (local === undefined) return data
    faults.push({ file, path: '/time/zone', message: 'is missing: without one a local time is no time', help: 'for example Europe/London' })
  }
  for (const issue of read?.error?.issues ?? []) {
    const { path } = issue
    const { line } = lines.linePos(nearest(document, path))
    const message = issue.code === 'invalid_union' && path.at(-1) === 'event' ? noEvent(document.getIn(path)) : issue.message
    faults.push({ file, line, path: `/${path.join('/')}`, message })
  }
  const [first] = faults
  throw invalid('MAP_INVALID', {
    message: `${file}${first!.line === undefined ? '' : `:${first!.line}`} ${first!.path} ${first!.message}`,
    help: first!.help ?? 'docs/history.md shows a map',
    faults,
  })
}

const eventNames = ['deployment', 'gate', 'incident']

function noEvent(written: unknown): string {
  const all = eventNames.join(', ')
  if (typeof written !== 'string') return `is missing; there are ${all}`
  return `"${written.slice(0, 60)}" is no event; there are ${all}`
}

/** Where the innermost part of the path that is there begins. */
function nearest(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
    if (node?.range) return node.range[0]!
  }
  return 0
}
