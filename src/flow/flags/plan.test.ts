import { describe, expect, it } from 'vitest'
import { advanced, begun, dueAt, linearSteps, paused, type Outcome } from './plan.ts'
import type { Flag, Setting } from './flag.ts'
import { flagOf } from './testing.ts'
import { documentOf } from './written.ts'

const text = `flag: x\nowner: a\npurpose: operations\nenvironments: {production: {state: ramp, ramp: {steps: [{share: 1%, hold: 1h}, {share: 25%, hold: 4h}, {share: 100%}]}}}`
const at = (time: string) => `2026-11-26T${time}:00.000Z`
const ms = (time: string) => Date.parse(at(time))
const settingOf = (flag: Flag): Setting => flag.environments['production']!
const begins = (flag = flagOf(text), before?: Flag) => settingOf(begun(flag, before, at('10:00')))
const next = (setting: Setting, time: string, outcome?: Outcome) => {
  const advance = advanced(setting, ms(time), at(time), outcome)
  return advance?.kind === 'on' ? advance : undefined
}
const shareOf = ({ serve }: Setting) => (serve as Readonly<Record<string, number>>)['on']

describe('a ramp that goes on by itself', () => {
  it('serves the first step from when it is published', () => {
    expect(shareOf(begins())).toBe(100)
    expect(dueAt(begins())).toBe(ms('11:00'))
  })

  it('takes each step when the one before was held, and says which it is', () => {
    expect(advanced(begins(), ms('10:59'), at('10:59'))).toBeUndefined()
    const second = next(begins(), '11:00')!
    expect([shareOf(second.setting), second.reason]).toEqual([2_500, 'step 2 of 3: on 25%, 1 h 0 min after the one before'])
    const third = next(second.setting, '15:00')!
    expect(shareOf(third.setting)).toBe(10_000)
    expect(dueAt(third.setting)).toBeUndefined()
  })

  it('takes one step when the clock jumps, and holds it', () => {
    const jumped = next(begins(), '23:00')!
    expect(shareOf(jumped.setting)).toBe(2_500)
    expect(advanced(jumped.setting, ms('23:00'), at('23:00'))).toBeUndefined()
    // And back: it waits, and loses nothing.
    expect(advanced(jumped.setting, ms('09:00'), at('09:00'))).toBeUndefined()
  })

  it('waits while it is paused or killed, and is held anew when it goes on', () => {
    const waits = paused(begins(), 'errors rise', at('10:30'))
    expect(advanced(waits, ms('23:00'), at('23:00'))).toBeUndefined()
    expect(dueAt(paused(waits, null, at('12:00')))).toBe(ms('13:00'))
    expect(dueAt({ ...begins(), killed: true })).toBeUndefined()
  })

  it('goes on where it was when its file is published again', () => {
    const second = next(begins(), '11:00')!.setting
    expect(begins(flagOf(text), { ...flagOf(text), environments: { production: second } })).toEqual(second)
  })

  describe('that begins below what stands', () => {
    const standing = (setting: string) => flagOf(`flag: x\nowner: a\npurpose: operations\nenvironments: {production: ${setting}}`)
    const tenPercent = standing('{state: ramp, serve: {on: 10%}}')
    const careful = flagOf(text.replace('25%', '5%'))

    it('takes nothing away from anybody, and leaves out no step', () => {
      const first = begins(careful, tenPercent)
      expect([shareOf(first), first.plan!.step, dueAt(first)]).toEqual([1_000, 0, ms('11:00')])
      const second = next(first, '11:00')!
      expect([shareOf(second.setting), second.reason]).toEqual([
        1_000,
        'step 2 of 3: on stays at 10%, for this step says 5%, 1 h 0 min after the one before',
      ])
      expect(next(second.setting, '14:59')).toBeUndefined()
      expect(shareOf(next(second.setting, '15:00')!.setting)).toBe(10_000)
    })

    it('keeps what it has while it is published again, killed or paused', () => {
      const first = begins(careful, tenPercent)
      const flag = { ...careful, environments: { production: first } }
      expect(begins(careful, flag)).toEqual(first)
      const killed = { ...careful, environments: { production: { ...first, killed: true } } }
      expect(shareOf(settingOf(begun(killed, flag, at('10:30'))))).toBe(1_000)
    })

    it('has nothing to keep where nobody sees it', () => {
      for (const setting of ['{state: off, serve: {on: 10%}}', '{state: dark}', '{state: ramp, serve: {on: 10%}, killed: true}'])
        expect(shareOf(begins(careful, standing(setting)))).toBe(100)
      expect(shareOf(begins(careful, standing('{state: on, serve: on}')))).toBe(10_000)
    })

    it('is refused where all of it is below', () => {
      expect(() => begins(flagOf(text.replace('100%', '30%')), standing('{state: ramp, serve: {on: 40%}}'))).toThrow(
        'a plan only grows: on has 40% by now, and its last step is 30%',
      )
    })
  })

  it('goes on where it was also when a database gives its members back in another order', () => {
    const guarded = flagOf(text.replace('{share: 100%}]', '{share: 100%}], guardrails: [{metric: errors}]'))
    const now = begins(guarded)
    const reordered = {
      ...now,
      plan: { ...now.plan!, guardrails: now.plan!.guardrails.map(({ metric, ...rest }) => ({ ...rest, metric })) },
    }
    expect(settingOf(begun(guarded, { ...guarded, environments: { production: reordered } }, at('12:00'))).plan!.since).toBe(at('10:00'))
  })

  describe('until an experiment is decided', () => {
    const held = text.replace('hold: 4h', 'until: one-page')
    const second = () => next(begins(flagOf(held)), '11:00')!.setting

    it('waits, however long, and goes on when its variant is shipped', () => {
      expect(advanced(second(), ms('23:59'), at('23:59'))).toBeUndefined()
      expect(next(second(), '12:00', { arm: 'on', told: 'ship on, by ann: more orders' })).toMatchObject({
        setting: { serve: { on: 10_000 } },
        reason: 'step 3 of 3: on 100%, one-page was decided: ship on, by ann: more orders',
      })
    })

    it('turns back when anything else is decided', () => {
      for (const arm of [null, 'other'])
        expect(advanced(second(), ms('12:00'), at('12:00'), { arm, told: 'keep control' })).toEqual({
          kind: 'back',
          reason: 'one-page was decided: keep control',
        })
    })

    it('does not care for what was decided while another step is held, while it is paused or killed', () => {
      const outcome = { arm: null, told: 'stop' }
      expect(next(begins(flagOf(held)), '11:00', outcome)).toMatchObject({ setting: { serve: { on: 2_500 } } })
      for (const waits of [paused(second(), 'who knows', at('11:30')), { ...second(), killed: true }])
        expect(advanced(waits, ms('12:00'), at('12:00'), outcome)).toBeUndefined()
    })

    it('is held for a time as well where that is said', () => {
      const both = next(begins(flagOf(text.replace('hold: 4h', 'hold: 4h, until: one-page'))), '11:00')!.setting
      const outcome = { arm: 'on', told: 'ship' }
      expect([next(both, '14:59', outcome), next(both, '15:00', outcome) !== undefined]).toEqual([undefined, true])
    })

    it('is written as it was read', () => {
      expect(flagOf(JSON.stringify(documentOf(flagOf(held))))).toEqual(flagOf(held))
    })
  })

  it('waits for a moment, in whatever offset it is told, and not before its time is up', () => {
    const early = flagOf(text.replace('share: 1%, hold: 1h', 'share: 0%, until: 2026-11-26T13:00:00+02:00'))
    expect(dueAt(begins(early))).toBe(ms('11:00'))
    expect([shareOf(begins(early)), next(begins(early), '10:59')]).toEqual([0, undefined])
    expect(next(begins(early), '11:00')).toMatchObject({ reason: 'step 2 of 3: on 25%, held until 2026-11-26T13:00:00+02:00' })
    const both = flagOf(text.replace('hold: 1h', 'hold: 3h, until: 2026-11-26T11:00:00Z'))
    expect(dueAt(begins(both))).toBe(ms('13:00'))
    for (const wrong of ['2026-11-26', '2026-11-26T11:00:00', '9to5'])
      expect(() => flagOf(text.replace('hold: 1h', `until: ${wrong}`))).toThrow('should be a moment with its offset')
  })

  it('may go evenly', () => {
    expect(linearSteps(0, 10_000, 86_400_000)).toHaveLength(100)
    expect(linearSteps(500, 1_000, 5_000)).toEqual([600, 700, 800, 900, 1_000].map((share) => ({ share, holdMs: 1_000 })))
  })

  it('grows, and names what grows', () => {
    const wrong = (from: string, to: string) => () => flagOf(text.replace(from, to))
    expect(wrong('25%', '1%')).toThrow('its shares should grow, and step 2 does not')
    expect(wrong('{share: 100%}]', '{share: 100%, until: one-page}]')).toThrow('its last step is held for nothing')
    expect(wrong('ramp: {', 'serve: {off: 50%}, ramp: {')).toThrow('its last step comes to 150%')
    expect(wrong('{steps', '{variant: off, steps')).toThrow('control is what everybody else gets')
    expect(wrong('state: ramp', 'state: dark')).toThrow('only a ramp goes by steps')
  })
})
