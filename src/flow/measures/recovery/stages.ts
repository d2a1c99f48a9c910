import { survival, survivalQuantile, type Quantile } from '../../../kernel/statistics/survival.ts'
import type { Mend, Moment } from './mend.ts'

/** From one moment to another; `mend` and `roll` are the halves of `recover`, and `exposed` is the whole time that the fault ran. */
export const stages = {
  detect: { from: 'deployed', to: 'detected', means: 'from the deployment that it came of until somebody saw it' },
  recover: {
    from: 'detected',
    to: 'recovered',
    means: 'from when somebody saw it until what ended it ran: attributing, deciding, mending, rolling out',
  },
  mend: { from: 'detected', to: 'mended', means: 'of that, until the version that ended it was first seen anywhere' },
  roll: { from: 'mended', to: 'recovered', means: 'and from then until it ran where the failure was' },
  verify: { from: 'recovered', to: 'resolved', means: 'from when what ended it ran until somebody said that it is over' },
  exposed: { from: 'deployed', to: 'recovered', means: 'from the deployment that it came of until what ended it ran' },
} as const satisfies Record<string, { readonly from: Moment; readonly to: Moment; readonly means: string }>
export type Stage = keyof typeof stages

/** How long a stage took. `ended + open + ahead + unknown` are all failures. */
export type StageTimes = {
  readonly stage: Stage
  readonly ended: number
  /** It is in it now: counted with the time it has lasted. */
  readonly open: number
  /** It has not come to it yet. */
  readonly ahead: number
  /** Its beginning or its end nobody told. */
  readonly unknown: number
  /** Undefined: nothing is known of any. */
  readonly p50: Quantile | undefined
  readonly p85: Quantile | undefined
}

/** Kaplan and Meier's estimate of a stage over all failures in which it is known. */
export function stageTimes(stage: Stage, mends: readonly Mend[], asOf: number): StageTimes {
  const all = mends.map((mend) => standing(stage, mend, asOf))
  const count = (what: Standing['is']) => all.filter((one) => one.is === what).length
  const known = all.filter((one) => one.is === 'ended' || one.is === 'open')
  const curve =
    known.length === 0
      ? undefined
      : survival(
          Float64Array.from(known, ({ ms }) => ms),
          Uint8Array.from(known, (one) => (one.is === 'ended' ? 1 : 0)),
        )
  return {
    stage,
    ended: count('ended'),
    open: count('open'),
    ahead: count('ahead'),
    unknown: count('unknown'),
    p50: curve && survivalQuantile(curve, 0.5),
    p85: curve && survivalQuantile(curve, 0.85),
  }
}

type Standing = { readonly is: 'ended' | 'open' | 'ahead' | 'unknown'; readonly ms: number }

function standing(stage: Stage, { at, over, since }: Mend, asOf: number): Standing {
  const { from, to } = stages[stage]
  const [begin, end] = [at[from], at[to]]
  if (begin !== undefined && end !== undefined) return { is: 'ended', ms: end - begin }
  // What was deployed since it was seen may have been what ends it, and what was seen since may be about to.
  if (over !== undefined || since === 'deployed' || (since === 'seen' && to === 'mended')) return { is: 'unknown', ms: 0 }
  if (begin !== undefined) return { is: 'open', ms: Math.max(0, asOf - begin) }
  const isAhead = from === 'recovered' || (from === 'mended' && since === 'nothing')
  return { is: isAhead ? 'ahead' : 'unknown', ms: 0 }
}
