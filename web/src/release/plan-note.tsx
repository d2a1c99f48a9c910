import { Link } from 'wouter'
import type { SettingView } from '../api/types.ts'
import { useTicking } from '../piece/age.tsx'
import { experimentHref } from '../piece/digest.tsx'
import { age } from '../piece/time.ts'

type Plan = NonNullable<SettingView['plan']>

/** How far a plan is, and when it goes on, or why it does not. */
export function PlanNote({ plan, killed }: { readonly plan: Plan; readonly killed: boolean }) {
  const { step, steps, paused, waitsFor, nextAt, keeps, variant } = plan
  const isLast = step >= steps.length - 1
  return (
    <span className="plan-note">
      <span className="plan-steps" aria-hidden="true">
        {steps.length <= 12 && steps.map((_, at) => <i key={at} className={at <= step ? 'past' : ''} />)}
      </span>
      step {step + 1} of {steps.length}
      {keeps !== null && (
        <span className="soft" title="A plan takes nothing away from anybody: it grows from here when a step says more">
          {variant} keeps its {keeps.replace('%', ' %')}
        </span>
      )}
      {paused !== null ? (
        <span className="signal-wait plan-paused" title={paused}>
          paused: {paused}
        </span>
      ) : killed ? (
        <span className="soft">waits while killed</span>
      ) : isLast ? (
        <span className="soft">at its end</span>
      ) : waitsFor !== null ? (
        <span className="soft">
          until <Link href={experimentHref(waitsFor)}>{waitsFor}</Link> is decided
        </span>
      ) : nextAt === null ? null : (
        <Next at={nextAt} share={nextShare(plan)} />
      )}
    </span>
  )
}

/** What the next step would give: what its variant keeps, where it says less. */
function nextShare({ steps, step, keeps }: Plan): string {
  const { share } = steps[step + 1]!
  return keeps !== null && Number.parseFloat(share) <= Number.parseFloat(keeps) ? 'next step' : share
}

function Next({ at, share }: { readonly at: string; readonly share: string }) {
  const text = useTicking((now) => (Date.parse(at) <= now ? 'now' : `in ${age(Date.parse(at) - now)}`))
  return (
    <time className="soft" dateTime={at} title={new Date(at).toLocaleString('en-GB')}>
      {share.replace('%', ' %')} {text}
    </time>
  )
}
