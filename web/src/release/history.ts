import type { FlagDetail } from '../api/types.ts'
import { standingIn, wordOf } from './board-rows.ts'
import { serveTold } from './condition-words.ts'
import { sharesOf, type Share } from './shares.ts'

export type Revision = FlagDetail['revisions'][number]
type Stand = Revision['stands'][number]

/** A time in which nothing was changed in an environment; epoch ms. */
export type Span = { readonly from: number; readonly to: number; readonly stand: Stand; readonly shares: readonly Share[] }

/** How a flag stood in an environment over time, oldest first. Pure. @param revisions - newest first @param now - epoch ms */
export function spansOf(revisions: readonly Revision[], environment: string, control: string, now: number): readonly Span[] {
  const told = revisions.toReversed()
  return told.flatMap(({ at, stands }, index): readonly Span[] => {
    const stand = stands.find((one) => one.environment === environment)
    if (stand === undefined) return []
    const next = told[index + 1]
    return [{ from: Date.parse(at), to: next === undefined ? now : Date.parse(next.at), stand, shares: sharesOf(stand, control) }]
  })
}

/** What a revision changed of who gets what: `production: ramping on 1 % → ramping on 5 %, step 2 of 3`. Pure. */
export function changesOf({ stands }: Revision, earlier: Revision | undefined, purpose: FlagDetail['purpose']): readonly string[] {
  const before = new Map(earlier?.stands.map((stand) => [stand.environment, stand]))
  const gone = [...before.keys()].filter((name) => stands.every(({ environment }) => environment !== name))
  const told = stands.flatMap((stand) => {
    const was = before.get(stand.environment)
    // While it is killed it changes for later.
    const later = was?.killed === true && stand.killed
    const [old, is] = [was, stand].map((one) => one && standTold(later ? { ...one, killed: false } : one, purpose))
    const plan = planTold(stand.plan, was?.plan ?? null)
    if (old === is && plan === undefined) return []
    const change = old === undefined || old === is ? is : `${old} → ${is}`
    return [`${stand.environment}${later ? ', while killed' : ''}: ${[change, ...(plan === undefined ? [] : [plan])].join(', ')}`]
  })
  return [...told, ...gone.map((name) => `${name}: no longer there`)]
}

/** What became of a plan; undefined: nothing. */
function planTold(plan: Stand['plan'], was: Stand['plan']): string | undefined {
  if (plan === null) return was === null ? undefined : 'its plan ends'
  const step = `step ${plan.step + 1} of ${plan.steps.length}`
  const shares = plan.steps.length > 12 ? [plan.steps[0]!, '…', plan.steps.at(-1)!] : plan.steps
  if (was === null || was.steps.join() !== plan.steps.join()) return `by a plan of ${shares.join(', ')}`.replaceAll('%', ' %')
  if (plan.paused !== null) return was.paused === plan.paused ? undefined : `${step} waits`
  if (was.paused !== null) return `${step} goes on, held anew`
  return plan.step === was.step ? undefined : step
}

function standTold(stand: Stand, purpose: FlagDetail['purpose']): string {
  const standing = standingIn(stand)
  const word = wordOf(standing, purpose)
  if (standing === 'ramp') return `${word} ${serveTold(stand.serve)}`
  return (standing === 'on' || standing === 'retired') && stand.serve !== 'on' ? `${word}, ${serveTold(stand.serve)}` : word
}
