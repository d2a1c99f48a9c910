import { describe, expect, it } from 'vitest'
import type { Flag, Setting } from '../flags/flag.ts'
import { reachOf } from './reach.ts'
import { dark, flagIn, killed, off, on, ramp } from './testing.ts'

const rule = (serve: string) => ({ id: 'staff', when: { staff: true }, serve })
const reach = (production: Partial<Setting> | undefined, more: Partial<Flag> = {}, others: readonly Flag[] = []) =>
  reachOf(flagIn('new', production, more), 'production', (name) => others.find(({ flag }) => flag === name))

describe('whom a flag gives something new', () => {
  it.each([
    ['off', off, 'nobody'],
    ['dark, which is a rehearsal and no release', dark, 'nobody'],
    ['a ramp of no share', ramp(0), 'nobody'],
    ['a ramp of a hundredth of a percent', ramp(0.01), 'some'],
    ['a ramp of all', ramp(100), 'everybody'],
    ['on', on, 'everybody'],
    ['on with control', { ...on, serve: 'off' }, 'nobody'],
    ['killed', killed, 'nobody'],
    ['retired with the new one', { state: 'retired', serve: 'on' }, 'everybody'],
    ['retired with control', { state: 'retired', serve: 'off' }, 'nobody'],
    ['a ramp of no share with a rule', { ...ramp(0), rules: [rule('on')] }, 'some'],
    ['on for all but those of a rule', { ...on, rules: [rule('off')] }, 'some'],
    ['not there at all', undefined, 'nobody'],
  ] as const)('%s', (_, production, expected) => {
    expect(reach(production as Partial<Setting> | undefined)).toBe(expected)
  })

  it('is nobody who lacks what it requires, control of another flag too', () => {
    const requires = [{ flag: 'chat', variant: 'on' }]
    const chat = (production: Partial<Setting> | undefined) => [flagIn('chat', production)]
    expect(reach(on, { requires })).toBe('nobody')
    expect(reach(on, { requires }, chat(off))).toBe('nobody')
    expect(reach(on, { requires }, chat(ramp(5)))).toBe('some')
    expect(reach(on, { requires }, chat(on))).toBe('everybody')
    const without = [{ flag: 'chat', variant: 'off' }]
    expect(reach(on, { requires: without }, chat(off))).toBe('everybody')
    expect(reach(on, { requires: without }, chat(ramp(5)))).toBe('some')
    expect(reach(on, { requires: without }, chat(on))).toBe('nobody')
    expect(reach(on, { requires: without }, chat(undefined))).toBe('nobody')
  })
})
