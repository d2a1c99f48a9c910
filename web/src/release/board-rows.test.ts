import { describe, expect, it } from 'vitest'
import type { FlagView, SettingView } from '../api/types.ts'
import { countOf, isExpired, itemsOf, rowsOf, type Choice } from './board-rows.ts'
import { percent, sharesOf } from './shares.ts'

const setting = (environment: string, more: Partial<SettingView> = {}): SettingView => ({
  environment,
  state: 'off',
  killed: false,
  serve: 'off',
  rules: [],
  sample: '100%',
  load: 0,
  plan: null,
  ...more,
})

const flag = (name: string, environments: readonly SettingView[], more: Partial<FlagView> = {}): FlagView => ({
  flag: name,
  description: '',
  owner: 'shop',
  purpose: 'release',
  expires: null,
  service: null,
  change: null,
  type: 'boolean',
  control: 'off',
  environments: [...environments],
  latest: { revision: 1, change: 'created', environment: null, by: 'ann', reason: 'new', origin: 'file', at: '2026-01-01T00:00:00Z' },
  ...more,
})

const ramp = { state: 'ramp', serve: { on: '5%' } } as const
const flags = [
  flag('attic', [setting('production', { state: 'retired', serve: 'on' })], { owner: 'ops' }),
  flag('chat', [setting('production', { state: 'dark' }), setting('staging', ramp)], { service: 'support' }),
  flag('cart', [setting('production', { ...ramp, killed: true })]),
  flag('checkout', [setting('production', ramp), setting('staging', { state: 'on', serve: 'on' })]),
]
const stale = [{ flag: 'attic', owner: 'ops', because: ['it expired 3 days ago'], lastAsked: null, changed: '2026-01-01T00:00:00Z' }]
const names = (change: Partial<Choice>) =>
  itemsOf(rowsOf(flags, stale, change.environment ?? ''), { words: '', show: 'all', sort: 'attention', group: 'none', ...change }).map(
    (item) => (item.kind === 'row' ? item.row.flag.flag : `# ${item.name} ${item.count}`),
  )

describe('the release board', () => {
  it('puts what was killed first, then what ramps, what is dark, what is over', () => {
    expect(names({})).toEqual(['cart', 'chat', 'checkout', 'attic'])
    expect(names({ environment: 'production' })).toEqual(['cart', 'checkout', 'chat', 'attic'])
    expect(names({ environment: 'staging' })).toEqual(['chat', 'checkout'])
  })

  it('finds a flag by the state that it has anywhere, or because it should go', () => {
    expect(names({ show: 'dark' })).toEqual(['chat'])
    expect(names({ show: 'on' })).toEqual(['checkout'])
    expect(names({ show: 'on', environment: 'production' })).toEqual([])
    expect(names({ show: 'stale' })).toEqual(['attic'])
    expect(countOf(rowsOf(flags, stale, ''), 'ramp')).toBe(2)
  })

  it('groups and loses none', () => {
    expect(names({ group: 'owner', sort: 'name' })).toEqual(['# ops 1', 'attic', '# shop 3', 'cart', 'chat', 'checkout'])
    expect(names({ group: 'service' })).toEqual(['# of no service 3', 'cart', 'checkout', 'attic', '# support 1', 'chat'])
    expect(names({ group: 'state' }).filter((name) => name.startsWith('#'))).toEqual(['# killed 1', '# ramping 2', '# retired 1'])
  })

  it('filters by every word, over names, people, states, reasons', () => {
    expect(names({ words: 'SUPPORT dark' })).toEqual(['chat'])
    expect(names({ words: 'expired' })).toEqual(['attic'])
    expect(names({ words: 'nothing is called this' })).toEqual([])
  })

  it('takes a flag to be over when its last day is', () => {
    expect(isExpired('2026-01-01', Date.parse('2026-01-01T23:59:59Z'))).toBe(false)
    expect(isExpired('2026-01-01', Date.parse('2026-01-02T00:00:00Z'))).toBe(true)
    expect(isExpired(null, Date.now())).toBe(false)
  })
})

describe('who gets what', () => {
  it('is control for all who are in no share, and for everybody when it was killed', () => {
    const told = (more: Partial<SettingView>) =>
      sharesOf(setting('production', more), 'off').map(({ variant, share }) => `${variant} ${percent(share)}`)
    expect(told({ state: 'ramp', serve: { on: '0.25%', b: '10%' } })).toEqual(['on 0.25 %', 'b 10 %', 'off 89.75 %'])
    expect(told({ state: 'ramp', serve: { a: '33.33%', b: '66.67%' } })).toEqual(['a 33.33 %', 'b 66.67 %'])
    expect(told({ ...ramp, killed: true })).toEqual(['off 100 %'])
    expect(told({ state: 'dark', serve: { on: '5%' } })).toEqual(['off 100 %'])
    expect(told({ state: 'on', serve: 'on' })).toEqual(['on 100 %'])
  })
})
