import { instantOf } from '../../../kernel/clock.ts'
import { formatDuration } from '../../../kernel/duration.ts'
import { describeNames, isAmong } from '../../policy/policy.ts'
import { opensAt, type Calendar } from './change-windows.ts'
import { wait, type Gate, type Passable, type Question } from './gate-answer.ts'
import { tables } from '../tables.ts'

/** A candidate proves itself for a while in every stage before. Counted from the verdicts of this very run. */
export const soaked: Gate = async (question) => {
  const { tx, run, stage, now } = question
  const soakMs = Math.max(stage.gate?.soakMs ?? 0, ruleOf(question)?.soakMs ?? 0)
  if (soakMs === 0 || stage.after.length === 0 || isBypassed(question, 'soak')) return undefined
  const verdicts = await tables(tx)
    .selectFrom('step')
    .select('finishedAt')
    .where('run', '=', run.id)
    .where(
      'name',
      'in',
      stage.after.map((before) => `${before}/conclude`),
    )
    .execute()
  const latest = Math.max(...verdicts.map(({ finishedAt }) => Date.parse(finishedAt!)))
  const end = latest + soakMs
  if (!Number.isFinite(end)) throw new Error(`run ${run.id} has no verdict to count the soak time of ${stage.name} from`)
  if (Date.parse(now) >= end) return undefined
  const until = instantOf(end)
  const why = `it soaks ${formatDuration(soakMs)} in ${stage.after.join(' and ')} before ${stage.name}, until ${until}`
  return wait(question, 'soak', why, `the time to pass${bypassers(question)}`, until)
}

/** Windows and frozen days: those of the definition, and those of the policy. */
export const inWindow: Gate = async (question) => {
  const { stage, now } = question
  const calendars = calendarsOf(question)
  if (calendars.length === 0 || isBypassed(question, 'window')) return undefined
  const at = Date.parse(now)
  const opens = opensAt(calendars, at)
  if (opens === at) return undefined
  const until = opens === undefined ? undefined : instantOf(opens)
  const texts = calendars.flatMap(({ windows, freezes }) => [...(windows ?? []), ...freezes]).map(({ text }) => text)
  const when = until === undefined ? 'and not within a year' : `next at ${until}`
  const why = `${stage.name} is entered only inside its change windows (${texts.join('; ')}), ${when}`
  return wait(question, 'window', why, `the window to open${bypassers(question)}`, until)
}

function calendarsOf({ stage, ...question }: Question): readonly Calendar[] {
  const rule = ruleOf(question)
  return [stage.gate, rule].flatMap((asked) => {
    const { window, freeze = [] } = asked ?? {}
    return window === undefined && freeze.length === 0 ? [] : [{ windows: window, freezes: freeze }]
  })
}

const ruleOf = ({ grant }: Pick<Question, 'grant'>) => ('unreadable' in grant ? undefined : grant.rule)

/** The right is asked of the policy of this moment, not of that in which it was used. */
export function isBypassed({ consents, now, grant }: Question, kind: Passable): boolean {
  if ('unreadable' in grant || grant.rule === undefined) return false
  const { policy, rule } = grant
  return consents.some((said) => said.kind === kind && isAmong(policy, rule.bypass, said.by) && (said.until === null || now < said.until))
}

export function bypassers({ grant, run, stage }: Question): string {
  if ('unreadable' in grant || grant.rule === undefined || grant.rule.bypass.length === 0) return ''
  return `, or ${describeNames(grant.policy, grant.rule.bypass)}: threeways bypass ${run.id} ${stage.name} --reason "…"`
}
