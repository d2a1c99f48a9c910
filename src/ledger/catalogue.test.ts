import { describe, expect, it } from 'vitest'
import { ThreewaysError } from '../kernel/errors.ts'
import { instant, integer, object, oneOf, optional, text } from '../kernel/json-schema.ts'
import { makeCatalogue } from './catalogue.ts'
import { event, ownEvent, standardEvent, type CloudEvent } from './event.ts'
import { carried, samples } from './cdevents/samples.ts'
import { instantOf } from '../kernel/clock.ts'

const baked = ownEvent(
  'cake.baked',
  'A cake came out of the oven',
  object({ flavour: oneOf(['plum', 'nut'], 'of what'), grams: integer('weight') }),
)
const merged = standardEvent(
  'change.merged.0.3.0',
  'A change entered the trunk',
  object({ repository: optional(object({ id: text('name') })) }),
  object({ commit: text('full id'), at: optional(instant('when')) }),
)
const { accept, entries } = makeCatalogue([baked, merged])

const envelope = { id: 'e-1', time: instantOf(0), source: '/threeways', subject: 'cake-1' }
const good = event(baked, envelope, { flavour: 'plum', grams: 500 })

function faults(value: unknown): readonly string[] {
  try {
    accept(value)
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.code !== 'EVENT_INVALID') throw error
    return error.faults.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

/** A copy with one member, named by JSON pointer, replaced or (undefined) removed. */
function but(value: CloudEvent, pointer: string, member: unknown): unknown {
  const copy = structuredClone(value) as unknown as Record<string, unknown>
  const path = pointer.split('/').slice(1)
  let at = copy
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>
  if (member === undefined) delete at[path.at(-1)!]
  else at[path.at(-1)!] = member
  return copy
}

describe('an event is refused, with the path of the fault, when it', () => {
  it.each([
    ['is no object', [1], ': an event is a JSON object'],
    ['has no type', but(good, '/type', undefined), '/type: is missing'],
    ['has an unknown type', but(good, '/type', 'dev.cdevents.change.eaten.0.1.0'), '/type: is not a known kind of event'],
    [
      'has a type of ours that we do not have',
      but(good, '/type', 'dev.cdeventsx.threeways-cake.eaten.0.1.0'),
      '/type: is not a known kind of event',
    ],
    ['lacks a member', but(good, '/data/subject/content/flavour', undefined), '/data/subject/content/flavour: is missing'],
    ['has a member too many', but(good, '/data/subject/content/colour', 'red'), '/data/subject/content/colour: is not known here'],
    [
      'has a value that is not offered',
      but(good, '/data/subject/content/flavour', 'tar'),
      '/data/subject/content/flavour: should be one of "plum", "nut"',
    ],
    [
      'has a value of another type',
      but(good, '/data/subject/content/grams', '1'),
      '/data/subject/content/grams: should be integer, is string',
    ],
    ['is of another CloudEvents version', but(good, '/specversion', '0.3'), '/specversion: should be "1.0"'],
    [
      'carries no JSON',
      but(good, '/datacontenttype', 'text/xml'),
      '/datacontenttype: must match pattern "^[^;]*[/+][jJ][sS][oO][nN]\\s*(;.*)?$"',
    ],
    [
      'names an attribute wrongly',
      but(good, '/myAttribute', 'x'),
      '/myAttribute: is not an attribute name: lower-case letters and digits only',
    ],
    ['contradicts itself about its id', but(good, '/id', 'e-2'), `/data/context/id: differs from the event's id, "e-2"`],
    [
      'contradicts itself about its time',
      but(good, '/time', '1970-01-01T00:00:01Z'),
      `/data/context/timestamp: differs from the event's time, "1970-01-01T00:00:01Z"`,
    ],
    [
      'contradicts itself about its subject',
      but(good, '/subject', 'cake-2'),
      `/data/subject/id: differs from the event's subject, "cake-2"`,
    ],
    [
      'has a source with a space',
      but(but(good, '/source', 'a b') as CloudEvent, '/data/context/source', 'a b'),
      '/source: is not a uri-reference',
    ],
    [
      'has control characters in its id',
      but(but(good, '/id', 'a\u001eb') as CloudEvent, '/data/context/id', 'a\u001eb'),
      '/id: must match pattern "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"',
    ],
    [
      'has a link of an unknown kind',
      but(good, '/data/context/links', [{ linkType: 'START' }]),
      '/data/context/links/0/linkType: should be one of "END", "PATH", "RELATION"',
    ],
  ])('%s', (_, value, fault) => {
    expect(faults(value)).toContain(fault)
  })

  it.each([
    ['a leap second', '2016-12-31T23:59:60Z', 'is a leap second; write the second before or after'],
    ['no time at all', 'yesterday', 'is not an RFC 3339 time, for example 2026-03-01T09:30:00Z'],
    ['a time before computers', '1066-10-14T09:00:00Z', 'lies outside the years 1970 to 2199'],
  ])('is dated to %s', (_, time, fault) => {
    const value = but(but(good, '/time', time) as CloudEvent, '/data/context/timestamp', time)
    expect(faults(value)).toContain(`/data/context/timestamp: ${fault}`)
  })

  it('is too large, too deep, or holds what no database keeps', () => {
    const [sample] = samples
    const holding = (customData: unknown) => faults(carried({ ...sample!, customData: customData as Record<string, unknown> }))
    expect(holding({ log: 'x'.repeat(300_000) })[0]).toMatch(/^: is 300\d\d\d bytes as JSON, at most 262144 are kept$/)
    expect(holding({ a: [{ 'b/c': 'zero \0 inside' }] })).toEqual(['/data/customData/a/0/b~1c: holds a zero character (U+0000)'])
    expect(holding({ a: String.raw`no zero: \u0000` })).toEqual([])
    expect(holding({ a: '\ud800' })).toEqual([': a string holds half a surrogate pair'])
    expect(holding(JSON.parse(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))).toEqual([': is nested too deeply'])
  })

  it('has names longer than the indexes can hold', () => {
    expect(faults(event(baked, { ...envelope, subject: 'ä'.repeat(1001) }, { flavour: 'nut', grams: 1 }))).toEqual([
      '/data/subject/id: is 2002 bytes long, at most 2000 are kept',
    ])
  })

  it('is ours and lacks what we promised to say; others need not say it', () => {
    const ours = event(merged, { ...envelope, source: '/threeways/git' }, {}, { commit: 'abc' })
    expect(faults(ours)).toEqual([])
    expect(faults(but(ours, '/data/customData', undefined))).toEqual(['/data/customData: is missing'])
    const theirs = event(merged, { ...envelope, source: '/somebody' }, {})
    expect(faults(theirs)).toEqual([])
  })
})

describe('an event is accepted', () => {
  it('with a kind of another tool, extension attributes and any offset from UTC', () => {
    const type = 'dev.cdeventsx.acme-cache.warmed.1.0.0'
    const context = { specversion: '0.5.1', id: '1', source: 'urn:acme', type, timestamp: '2026-02-28t23:30:00.123456789012-05:30' }
    const { fact, event: kept } = accept({
      ...carried({ context, subject: { id: 'c', content: { anything: [1] } } }),
      traceparent: '00-1-2-01',
      sampled: true,
    })
    expect(fact.time).toBe('2026-03-01T05:00:00.123456789Z')
    expect(kept['traceparent']).toBe('00-1-2-01')
  })

  it('and its text does not depend on the order of members', () => {
    const reversed = Object.fromEntries(Object.entries(good).toReversed())
    expect(accept(reversed).body).toBe(accept(good).body)
  })
})

describe('the catalogue', () => {
  it('lists the standard and ours, with what we add', () => {
    expect(entries).toHaveLength(46)
    expect(entries.find(({ type }) => type === merged.type)).toMatchObject({ origin: 'cdevents', custom: merged.custom.json })
    expect(entries.at(-1)).toMatchObject({ type: 'dev.cdeventsx.threeways-cake.baked.0.1.0', origin: 'threeways' })
  })

  it('refuses two kinds with one type', () => {
    expect(() => makeCatalogue([baked, { ...baked }])).toThrow('two kinds of event have the type')
    expect(() => makeCatalogue([standardEvent('change.eaten.0.1.0', '', object({}), object({}))])).toThrow('CDEvents 0.5.1 has no')
  })
})
