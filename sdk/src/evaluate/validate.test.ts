import { describe, expect, it } from 'vitest'
import { jsonFilesIn, sharedData } from '../testing/shared-data.ts'
import { validateFlagSet } from './validate.ts'

const flag = (targeting: unknown, more: object = {}) => ({
  flags: { chat: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting, ...more } },
})
const faultsOf = (targeting: unknown) => validateFlagSet(flag(targeting)).map(({ path, message }) => `${path} ${message}`)

describe('a flag set is refused with the place of each fault', () => {
  it.each([
    ['variants of two types', flag({}, { variants: { on: true, off: 'false' } }), '/flags/chat/variants/off'],
    ['no variants', flag({}, { variants: {}, defaultVariant: null }), '/flags/chat/variants'],
    ['a list as variant', flag({}, { variants: { one: [1] }, defaultVariant: 'one' }), '/flags/chat/variants/one'],
    ['an unknown state', flag({}, { state: 'ON' }), '/flags/chat/state'],
    ['a default that is not there', flag({}, { defaultVariant: 'maybe' }), '/flags/chat/defaultVariant'],
    ['metadata that is no scalar', flag({}, { metadata: { owner: { team: 'a' } } }), '/flags/chat/metadata/owner'],
    ['a list of flags', { flags: [] }, '/flags'],
    ['a flag set of nothing', null, ''],
    ['a version that is no text', { flags: {}, metadata: { version: 3 } }, '/metadata/version'],
  ])('%s', (_, set, path) => {
    expect(validateFlagSet(set).map((fault) => fault.path)).toEqual([path])
  })

  it('escapes names in pointers', () => {
    expect(validateFlagSet({ flags: { 'a/b~c': null } })).toEqual([{ path: '/flags/a~1b~0c', message: 'should be an object' }])
  })

  it('says at most a hundred faults', () => {
    const flags = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`flag-${n}`, null]))
    expect(validateFlagSet({ flags })).toHaveLength(100)
  })
})

describe('a rule is refused with the place of each fault', () => {
  it.each<[string, unknown, string]>([
    ['an unknown operator', { matches: [{ var: 'id' }, '(a+)+$'] }, '/flags/chat/targeting there is no operator "matches"'],
    ['two operators', { and: [true], or: [true] }, '/flags/chat/targeting should have one operator, and has 2'],
    ['too many arguments', { '==': [1, 2, 3] }, '/flags/chat/targeting/== takes 2 arguments, and has 3'],
    ['a comparison with nothing', { if: [{ '<': [1] }, 'on'] }, '/flags/chat/targeting/if/0/< takes 2 to 3 arguments, and has 1'],
    [
      'a weight below nothing',
      {
        fractional: [
          ['on', -1],
          ['off', 2],
        ],
      },
      '/flags/chat/targeting/fractional/0/1 should be a whole number from 0 on, or a rule',
    ],
    ['half a weight', { fractional: [['on', 1.5]] }, '/flags/chat/targeting/fractional/0/1 should be a whole number from 0 on, or a rule'],
    [
      'a text for a key',
      { fractional: ['userId', ['on', 1]] },
      '/flags/chat/targeting/fractional/0 should be [variant] or [variant, weight]',
    ],
    [
      'weights beyond flagd',
      {
        fractional: [
          ['on', 2147483647],
          ['off', 1],
        ],
      },
      '/flags/chat/targeting/fractional weights add up to 2147483648, and may to 2147483647',
    ],
    ['an unknown property of flagd', { '!!': { var: '$flagd.user' } }, '/flags/chat/targeting/!!/0/var flagd does not know "$flagd.user"'],
    [
      'half a version',
      { sem_ver: [{ var: 'v' }, '=', '2.0'] },
      '/flags/chat/targeting/sem_ver/2 should be a version like 1.2.3, or {"var": …}',
    ],
    [
      'an unknown comparison',
      { sem_ver: [{ var: 'v' }, '*', '2.0.0'] },
      '/flags/chat/targeting/sem_ver/1 should be one of = != < <= > >= ^ ~',
    ],
    ['a number as start of a text', { starts_with: [{ var: 'id' }, 0] }, '/flags/chat/targeting/starts_with/1 should be a text or a rule'],
    ['a shared rule that is not there', { $ref: 'staff' }, '/flags/chat/targeting/$ref there is no shared rule "staff" in $evaluators'],
  ])('%s', (_, targeting, fault) => {
    expect(faultsOf(targeting)).toEqual([fault])
  })

  it('a hundred levels, at the level that is too many', () => {
    let rule: unknown = { var: 'a' }
    for (let level = 0; level < 100; level++) rule = { '!': [rule] }
    const [fault, ...more] = faultsOf(rule)
    expect(fault).toMatch(/is nested deeper than 64: take the rule apart$/)
    expect(more).toEqual([])
  })

  it('a hundred thousand levels, without exhausting the stack', () => {
    let rule: unknown = { var: 'a' }
    for (let level = 0; level < 100_000; level++) rule = { '!': rule }
    expect(faultsOf(rule)).toHaveLength(1)
  })

  it('shared rules that lead back to themselves', () => {
    const set = { ...flag({ $ref: 'a' }), $evaluators: { a: { and: [{ $ref: 'b' }, true] }, b: { '!': { $ref: 'a' } } } }
    expect(validateFlagSet(set).map(({ path, message }) => `${path} ${message}`)).toEqual([
      '/$evaluators/a/and/0/$ref leads back to itself: a > b',
      '/$evaluators/b/!/0/$ref leads back to itself: b > a',
    ])
  })
})

describe('a flag set is accepted', () => {
  it.each<[string, unknown]>([
    ['without targeting', flag(undefined)],
    ['with empty targeting', flag({})],
    ['without a default variant', flag({}, { defaultVariant: null })],
    ['with weights that are worked out', flag({ fractional: [{ var: 'user.id' }, ['on', { if: [{ var: 'beta' }, 100, 0] }], ['off']] })],
    [
      'with a shared rule',
      { ...flag({ if: [{ $ref: 'staff' }, 'on'] }), $evaluators: { staff: { ends_with: [{ var: 'email' }, '@example.org'] } } },
    ],
  ])('%s', (_, set) => {
    expect(validateFlagSet(set)).toEqual([])
  })
})

const folder = sharedData('flagd-schemas', 'json', 'test')
describe.skipIf(folder === undefined)(
  'flagd-schemas: what its schema accepts and refuses (only where its files lie beside the repository)',
  () => {
    const files = folder === undefined ? [] : jsonFilesIn(folder)
    it('are all there', () => expect(files.length).toBe(36))

    it.each(files)('%s', (file, { $schema, ...content }) => {
      // A rule by itself; the shared rule that one of them uses is not in its file.
      const shared = { $evaluators: { 'some-ref': { var: 'beta' } } }
      const set = file.startsWith('targeting')
        ? { flags: { chat: { state: 'ENABLED', variants: { a: 'a' }, targeting: content } }, ...shared }
        : content
      const faults = validateFlagSet(set, { lists: String($schema).endsWith('flagd.json') })
      expect({ accepted: faults.length === 0, faults }).toMatchObject({ accepted: file.includes('positive') })
    })
  },
)
