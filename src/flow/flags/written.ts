import { stringify } from 'yaml'
import type { Demands } from '../dark/readiness.ts'
import { slotCount, type Flag, type Plan, type Serve } from './flag.ts'

/** `5%` or `0.25%`: a slot is a hundredth of a percent. */
export const sharePattern = /^\d{1,3}(\.\d{1,2})?%$/
/** Of what fits the pattern; may be more than there are. */
export const slotsWritten = (share: string): number => Math.round(Number(share.slice(0, -1)) * 100)

/** A share as somebody writes it, in slots; undefined: it is none, or more than everybody. */
export function slotsIn(share: string): number | undefined {
  const slots = sharePattern.test(share) ? slotsWritten(share) : Number.NaN
  return slots <= slotCount ? slots : undefined
}

/** Slots as a share: 5%. */
export const shareOf = (slots: number) => `${slots / 100}%`
/** What is served, in shares. */
export const sharesOf = (serve: Serve) =>
  typeof serve === 'string' ? serve : Object.fromEntries(Object.entries(serve).map(([variant, slots]) => [variant, shareOf(slots)]))

/** A flag in the words of its file. What is as usual is left out. Pure. */
export function documentOf(flag: Flag): Readonly<Record<string, unknown>> {
  const { service, change, expires, description, requires, environments, bucketing, bucketBy, salt, layer, holds, ...rest } = flag
  // Variants of these follow from what they serve.
  const isApart = rest.purpose === 'layer' || rest.purpose === 'holdout'
  return {
    flag: flag.flag,
    ...(description === '' ? {} : { description }),
    owner: rest.owner,
    purpose: rest.purpose,
    expires: expires ?? 'never',
    ...(service === null ? {} : { service }),
    ...(change === null ? {} : { change }),
    ...(isApart ? {} : { variants: rest.variants }),
    ...(isApart && (rest.control === 'none' || rest.purpose === 'holdout') ? {} : { control: rest.control }),
    ...(bucketing === 'fractional-v2' ? {} : { bucketing }),
    ...(bucketBy === 'targetingKey' ? {} : { bucketBy }),
    ...(salt === flag.flag ? {} : { salt }),
    ...(requires.length === 0 ? {} : { requires }),
    ...(layer === undefined ? {} : { layer }),
    ...(holds === undefined ? {} : { holds }),
    environments: Object.fromEntries(
      Object.entries(environments).map(([name, { state, killed, rules, serve, sample, plan, ready, load }]) => [
        name,
        {
          state,
          ...(killed ? { killed } : {}),
          ...(rules.length === 0 ? {} : { rules: rules.map((rule) => ({ ...rule, serve: sharesOf(rule.serve) })) }),
          serve: sharesOf(serve),
          ...(ready === null ? {} : { ready: readyOf(ready) }),
          ...(plan === null ? {} : { ramp: planOf(plan) }),
          ...(load === 0 ? {} : { load }),
          ...(state === 'dark' && sample !== slotCount ? { sample: shareOf(sample) } : {}),
        },
      ]),
    ),
  }
}

/** A flag's file. Pure. */
export const textOf = (flag: Flag): string => stringify(documentOf(flag), { lineWidth: 120 })

/** The steps of a plan in words of a file. */
export const planOf = ({ variant, steps, guardrails }: Plan) => ({
  variant,
  ...(guardrails.length === 0 ? {} : { guardrails }),
  steps: steps.map(({ share, holdMs, until }) => ({
    share: shareOf(share),
    ...(holdMs === 0 ? {} : { hold: durationText(holdMs) }),
    ...(until === undefined ? {} : { until }),
  })),
})

const readyOf = ({ rehearsals, differ, fail, slowerMs }: Demands) => ({
  rehearsals,
  differ: shareOf(Math.round(differ * slotCount)),
  fail: shareOf(Math.round(fail * slotCount)),
  ...(slowerMs === null ? {} : { slower: durationText(slowerMs) }),
})

/** As Compose writes it: the whole of the largest unit that fits. */
function durationText(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? (['ms', 1] as const)
  return `${ms / size}${unit}`
}
