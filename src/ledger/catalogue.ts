import { canonical } from '../kernel/digest.ts'
import { invalid, type Fault, type ThreewaysError } from '../kernel/errors.ts'
import { bytesMax, cdEventSchema, cloudEventSchema } from './cdevents/schema.ts'
import { standardTypes, type Json } from './cdevents/types.ts'
import type { AnyEventType, CdEvent, CloudEvent, Fact } from './event.ts'
import { normaliseTime } from './time.ts'
import { faultsOf, compile, shortened, type Validate } from './validation.ts'

/** The largest event, as canonical JSON. */
export const eventBytesMax = 256 * 1024

/** A checked event, with the exact text that will be kept. */
export type Accepted = { readonly event: CloudEvent; readonly body: string; readonly fact: Fact }

/** One kind of event, for documentation. */
export type CatalogueEntry = {
  readonly type: string
  readonly description: string
  readonly origin: 'cdevents' | 'threeways'
  /** JSON Schema of `data.subject.content`. */
  readonly content: Json
  /** JSON Schema of `data.customData`, where we say more than the standard asks for. */
  readonly custom?: Json
}

/** The kinds of event there are, and what each must look like. */
export type Catalogue = {
  /**
   * Pure. Never keeps a reference to `value`.
   * @throws ThreewaysError `EVENT_INVALID`, every fault with its JSON pointer
   */
  accept(value: unknown): Accepted
  /** Every kind we know, by type. Custom events of other tools are accepted without being listed. */
  readonly entries: readonly CatalogueEntry[]
}

const foreignType = /^dev\.cdeventsx\.(?!threeways-)[a-z0-9_]+-[a-z0-9_]+\.[a-z0-9_]+\.\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

/** Events from our own server; their content was promised by an EventType, so it is checked against it. */
export const isOurs = (source: string): boolean => source === '/threeways' || source.startsWith('/threeways/')

/** The catalogue of CDEvents and these kinds. A kind may be given more than once if it is the same. */
export function makeCatalogue(ownTypes: readonly AnyEventType[]): Catalogue {
  const own = new Map<string, AnyEventType>()
  for (const kind of ownTypes) {
    const known = own.get(kind.type)
    if (known && known !== kind) throw new Error(`two kinds of event have the type "${kind.type}"`)
    if (kind.type.startsWith('dev.cdevents.') && !standardOf(kind.type)) throw new Error(`CDEvents 0.5.1 has no "${kind.type}"`)
    own.set(kind.type, kind)
  }
  const entries = entriesOf(own)
  const validators = new Map<string, Validate>()
  const lazily = (key: string, schema: () => Json): Validate => {
    const known = validators.get(key) ?? compile(schema())
    validators.set(key, known)
    return known
  }

  function validate(value: object, type: string): readonly Fault[] {
    const standard = standardOf(type)
    const kind = own.get(type)
    const constant = { const: type }
    if (standard) {
      const faults = lazily(type, () => cloudEventSchema(constant, cdEventSchema(constant, standard)))(value)
      const source = (value as { source?: unknown }).source
      if (!faults && kind && typeof source === 'string' && isOurs(source)) {
        return faultsOf(lazily(`${type} as ours`, () => ourSchema(kind))(value))
      }
      return faultsOf(faults)
    }
    if (kind)
      return faultsOf(lazily(type, () => cloudEventSchema(constant, cdEventSchema(constant, { content: kind.content.json })))(value))
    if (foreignType.test(type)) {
      const any = { type: 'string', maxLength: bytesMax.type }
      return faultsOf(lazily('foreign', () => cloudEventSchema(any, cdEventSchema(any, { content: { type: 'object' } })))(value))
    }
    return [unknownType(type, entries)]
  }

  return {
    entries,
    accept(value) {
      const type = (value as { type?: unknown } | null)?.type
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw notValid(value, [{ path: '', message: 'an event is a JSON object', value: shortened(value) }])
      }
      if (typeof type !== 'string') {
        throw notValid(value, [{ path: '/type', message: type === undefined ? 'is missing' : 'should be a string' }])
      }
      const faults = validate(value, type)
      if (faults.length > 0) throw notValid(value, faults)
      const event = value as CloudEvent
      const time = normaliseTime(event.data.context.timestamp)
      const more = [...disagreements(event, time), ...overLimits(event)]
      if (more.length > 0) throw notValid(value, more)
      // What is read back from the kept text: a rebuild sees exactly this.
      const { text, value: kept } = keptForm(event)
      return { event: kept, body: text, fact: factOf(kept, time as string) }
    },
  }
}

/** What an accepted event says, without when it arrived. */
export function toFact(event: CloudEvent): Fact {
  return factOf(event, normaliseTime(event.data.context.timestamp) as string)
}

function factOf({ source, id, type, data }: CloudEvent, time: string): Fact {
  const { customData } = data
  return {
    type,
    source,
    id,
    time,
    subject: data.subject.id,
    content: data.subject.content,
    custom: typeof customData === 'object' ? customData : {},
    chainId: data.context.chainId,
  }
}

const standardOf = (type: string) => (type.startsWith('dev.cdevents.') ? standardTypes[type.slice('dev.cdevents.'.length)] : undefined)

function ourSchema(kind: AnyEventType): Json {
  const content = { properties: { subject: { type: 'object', properties: { content: kind.content.json } } } }
  if (!kind.custom) return { type: 'object', properties: { data: { type: 'object', ...content } } }
  const data = { type: 'object', properties: { ...content.properties, customData: kind.custom.json }, required: ['customData'] }
  return { type: 'object', properties: { data } }
}

function entriesOf(own: ReadonlyMap<string, AnyEventType>): readonly CatalogueEntry[] {
  const standard = Object.entries(standardTypes).map(([name, { description, content }]): CatalogueEntry => {
    const type = `dev.cdevents.${name}`
    const custom = own.get(type)?.custom?.json
    return { type, description: own.get(type)?.description ?? description, origin: 'cdevents', content, ...(custom ? { custom } : {}) }
  })
  const ours = [...own.values()].filter(({ type }) => !standardOf(type))
  return [
    ...standard,
    ...ours.map(({ type, description, content }): CatalogueEntry => ({ type, description, origin: 'threeways', content: content.json })),
  ]
}

function unknownType(type: string, entries: readonly CatalogueEntry[]): Fault {
  const word = /^dev\.cdeventsx?\.([^.]+\.[^.]+)\./.exec(type)?.[1]
  const near = entries.find((entry) => word !== undefined && entry.type.includes(`.${word}.`))
  return {
    path: '/type',
    message: 'is not a known kind of event',
    value: shortened(type),
    help: near
      ? `this ledger knows "${near.type}"`
      : 'a kind of your own is written dev.cdeventsx.<tool>-<subject>.<predicate>.<version>, for example dev.cdeventsx.acme-cache.warmed.1.0.0',
  }
}

/** The attributes of CloudEvents around a CDEvent say the same as the CDEvent. */
function disagreements(event: CloudEvent, time: ReturnType<typeof normaliseTime>): readonly Fault[] {
  const faults: Fault[] = []
  const { context, subject } = event.data
  const pairs = [
    ['id', event.id, context.id, '/data/context/id'],
    ['source', event.source, context.source, '/data/context/source'],
    ['subject', event.subject ?? subject.id, subject.id, '/data/subject/id'],
  ] as const
  for (const [attribute, outside, inside, path] of pairs) {
    if (outside !== inside)
      faults.push({ path, message: `differs from the event's ${attribute}, "${shortenedText(outside)}"`, value: shortened(inside) })
  }
  if (typeof time !== 'string')
    return [...faults, { path: '/data/context/timestamp', message: time.fault, value: shortened(context.timestamp) }]
  if (event.time === undefined || event.time === context.timestamp) return faults
  const outside = normaliseTime(event.time)
  if (typeof outside !== 'string') faults.push({ path: '/time', message: outside.fault, value: shortened(event.time) })
  else if (outside !== time) {
    faults.push({
      path: '/data/context/timestamp',
      message: `differs from the event's time, "${event.time}"`,
      value: shortened(context.timestamp),
    })
  }
  return faults
}

function overLimits({
  id,
  source,
  data: { context, subject },
}: {
  readonly id: string
  readonly source: string
  readonly data: CdEvent
}): readonly Fault[] {
  const faults: Fault[] = []
  const check = (path: string, text: string, max: number): void => {
    // A character takes three bytes at most, four with its surrogate.
    if (text.length * 3 > max && Buffer.byteLength(text) > max) {
      faults.push({ path, message: `is ${Buffer.byteLength(text)} bytes long, at most ${max} are kept`, value: shortened(text) })
    }
  }
  check('/id', id, bytesMax.id)
  check('/source', source, bytesMax.source)
  check('/data/subject/id', subject.id, bytesMax.subject)
  if (context.chainId !== undefined) check('/data/context/chainId', context.chainId, bytesMax.chainId)
  return faults
}

function keptForm(event: CloudEvent): ReturnType<typeof canonical<CloudEvent>> {
  let form: ReturnType<typeof canonical<CloudEvent>>
  try {
    form = canonical(event)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const deep = /call stack/i.test(error.message)
    throw notValid(event, [{ path: '', message: deep ? 'is nested too deeply' : error.message }])
  }
  const body = form.text
  const bytes = body.length * 3 > eventBytesMax ? Buffer.byteLength(body) : 0
  if (bytes > eventBytesMax) {
    throw notValid(event, [
      {
        path: '',
        message: `is ${bytes} bytes as JSON, at most ${eventBytesMax} are kept`,
        help: 'keep large things elsewhere and record their address',
      },
    ])
  }
  // A zero character cannot be kept as text; `\\u0000` is six ordinary characters.
  if (body.includes('\\u0000') && /(?<!\\)(\\\\)*\\u0000/.test(body)) {
    throw notValid(event, [{ path: pathOfZero(event) ?? '', message: 'holds a zero character (U+0000)' }])
  }
  return form
}

function pathOfZero(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? path : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (key.includes('\0')) return path
    const found = pathOfZero(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    if (found !== undefined) return found
  }
  return undefined
}

const shortenedText = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

function notValid(value: unknown, faults: readonly Fault[]): ThreewaysError {
  const { type, id } = (typeof value === 'object' && value !== null ? value : {}) as { type?: unknown; id?: unknown }
  const name = typeof id === 'string' ? ` "${shortenedText(id)}"` : ''
  const kind = typeof type === 'string' ? ` of type "${shortenedText(type)}"` : ''
  const [first] = faults
  return invalid('EVENT_INVALID', {
    message: `event${name}${kind} is not valid: ${first!.path === '' ? '' : `${first!.path} `}${first!.message}`,
    help: first!.help ?? 'see docs/events.md or GET /api/event-kinds for the kinds of event and their schemas',
    faults,
  })
}
