import { shortDigest, type Digest } from '../../kernel/digest.ts'
import { refused } from '../../kernel/errors.ts'
import { allTo, type Desired, type Measured, type Role, type Share } from '../environment/provider.port.ts'
import { blueGreen } from './blue-green.ts'
import { converge, replacedBy, type Deployment } from './deployment.ts'
import { judge, type Judgement, type Look } from './judge.ts'
import { part } from './rolling.ts'

/** How far a canary has come: kept durably with its step, so that whoever takes it over goes on from there. */
export type CanaryProgress = {
  /** Index into the canary's steps. */
  readonly step: number
  /** Why it waits for a person, since it does. */
  readonly paused?: string
  /** A person let it go on all the same. */
  readonly continuedBy?: string
  /** It was worse than its baseline, and how. */
  readonly failed?: string
}

/** A judgement that decided something, with what it looked at. */
export type Judged = {
  /** Share of the canary, and of its baseline. */
  readonly percent: number
  readonly baseline: Digest
  readonly measured: { readonly canary: Measured; readonly baseline: Measured }
  readonly look: Look
  readonly judgement: Judgement
  readonly follows: 'next-step' | 'pause' | 'back'
}

/** Where a canary keeps its progress, and hears from people. */
export type Watching = {
  readonly progress: CanaryProgress | undefined
  /** Durable when this returns. */
  note(progress: CanaryProgress, judged?: Judged): Promise<void>
  /** Counts one more look at this canary, also over the death of a server. Durable when this returns. @returns which it is, from 1 */
  look(): Promise<number>
  /** Whether a person lets a canary go on that waits. */
  continued(): Promise<boolean>
  /** Resolves after that time, or earlier when there may be news; rejects when the deployment is given up. */
  sleep(ms: number): Promise<void>
  now(): number
}

const firstLookMs = 1_000
/** How often a canary that waits for a person is asked after. */
const pausedMs = 2_000
/** However long it waits, it is looked at so often. */
const pausedLookMsMax = 300_000

/**
 * Gives the new candidate a small share of the traffic, and as much to a fresh baseline: the old candidate, started again at
 * the same moment. At the end of each step, and before it for what is plainly bad, the two are compared. Worse: all traffic
 * goes back at once. Not decidable: everything stays as it is and waits for a person. Else it gets the next share, at last all.
 * @throws ThreewaysError `CANARY_FAILED`
 */
export async function canary(deployment: Deployment, watching: Watching): Promise<void> {
  const old = replacedBy(deployment)
  if (old === undefined) {
    deployment.say('nothing else has traffic here: there is nothing to compare with')
    return blueGreen(deployment)
  }
  const { steps } = deployment.how.canary!
  const trial = trialOf(deployment, old)
  const { failed, ...from }: CanaryProgress = watching.progress ?? { step: 0 }
  if (failed !== undefined) throw canaryFailed(failed)
  let { step, paused } = from
  if (watching.progress === undefined) {
    await converge(deployment, trial.deployments, allTo(old))
    await watching.note({ step })
  }
  for (; step < steps.length - 1; step++, paused = undefined) {
    await converge(deployment, trial.deployments, trial.sharesAt(step))
    await passStep(deployment, trial, watching, step, paused)
  }
  await converge(deployment, trial.whole, trial.sharesAt(step - 1))
  await converge(deployment, trial.whole, allTo(deployment.next))
}

type Trial = {
  readonly old: Desired
  /** What stands, the baseline, and the canary with as many replicas as its share takes. */
  readonly deployments: readonly Desired[]
  /** The same with all of the new candidate's replicas. */
  readonly whole: readonly Desired[]
  sharesAt(step: number): readonly Share[]
}

function trialOf({ standing, next, how }: Deployment, old: Desired): Trial {
  const { steps } = how.canary!
  const fraction = (steps.at(-2) ?? 50) / 100
  const baseline: Desired = { ...part(old, fraction), role: 'baseline' }
  const share = (of: Desired, role: Role, percent: number): Share => ({ candidate: of.candidate, role, percent })
  return {
    old,
    deployments: [...standing, baseline, part(next, fraction)],
    whole: [...standing, baseline, next],
    sharesAt(step) {
      const percent = steps[step]!
      return [share(old, 'main', 100 - 2 * percent), share(old, 'baseline', percent), share(next, 'main', percent)]
    },
  }
}

/** Returns when the canary may have its next share. */
async function passStep(deployment: Deployment, trial: Trial, watching: Watching, step: number, paused: string | undefined): Promise<void> {
  const { steps, everyMs } = deployment.how.canary!
  const times = lookTimes(everyMs)
  const of = times.length * (steps.length - 1)
  await deployment.provider.measure(deployment.environment, true)
  const begunMs = watching.now()
  deployment.say(`${steps[step]} % of the traffic${paused === undefined ? `, for ${everyMs / 1000} s` : `; it waits: ${paused}`}`)
  let why = paused
  if (why === undefined) {
    let last: Judged | undefined
    for (const ms of times) {
      while (watching.now() < begunMs + ms) await watching.sleep(begunMs + ms - watching.now())
      last = await lookAt(deployment, trial, step, { index: await watching.look(), of })
      if (last.judgement.verdict === 'fail') await takeBack(deployment, trial, watching, step, last)
    }
    if (last!.judgement.verdict === 'pass') return watching.note({ step: step + 1 }, { ...last!, follows: 'next-step' })
    why = last!.judgement.why
    await watching.note({ step, paused: why }, { ...last!, follows: 'pause' })
  }
  await untilContinued(deployment, trial, watching, step, of)
  await watching.note({ step: step + 1 })
}

/** Nobody else takes a canary back that turns out to be bad while it waits. Looks get rarer: each is harder to impress than the last. */
async function untilContinued(deployment: Deployment, trial: Trial, watching: Watching, step: number, of: number): Promise<void> {
  let waitMs = deployment.how.canary!.everyMs
  for (let nextMs = watching.now() + waitMs; !(await watching.continued());) {
    await watching.sleep(pausedMs)
    if (watching.now() < nextMs) continue
    const judged = await lookAt(deployment, trial, step, { index: await watching.look(), of })
    if (judged.judgement.verdict === 'fail') await takeBack(deployment, trial, watching, step, judged)
    waitMs = Math.min(2 * waitMs, Math.max(waitMs, pausedLookMsMax))
    nextMs = watching.now() + waitMs
  }
}

/** 1 s, 1.5 s, 2.25 s … and the end of the step: soon after a bad start, and few, because each costs certainty. */
function lookTimes(everyMs: number): readonly number[] {
  const times: number[] = []
  for (let ms = firstLookMs; ms <= 0.75 * everyMs; ms *= 1.5) times.push(Math.round(ms))
  return [...times, everyMs]
}

async function lookAt({ provider, environment, next, how, say }: Deployment, { old }: Trial, step: number, look: Look): Promise<Judged> {
  const all = await provider.measure(environment, false)
  const of = (candidate: Digest, role: Role): Measured =>
    all.find((one) => one.candidate === candidate && one.role === role) ?? { requests: 0, errors: 0, latenciesMs: [] }
  const measured = { canary: of(next.candidate, 'main'), baseline: of(old.candidate, 'baseline') }
  const judgement = judge({ metrics: how.canary!.metrics, ...measured, look })
  say(`look ${look.index}${look.index > look.of ? '' : ` of ${look.of}`}: ${judgement.verdict}: ${judgement.why}`)
  const percent = how.canary!.steps[step]!
  return { percent, baseline: old.candidate, measured, look, judgement, follows: 'back' }
}

async function takeBack(deployment: Deployment, trial: Trial, watching: Watching, step: number, judged: Judged): Promise<never> {
  // Before anything else, the ledger included: every further request is a user's.
  await converge(deployment, trial.deployments, allTo(trial.old))
  const failed = `the canary ${shortDigest(deployment.next.candidate)} was worse than its baseline at ${judged.percent} %: ${judged.judgement.why}`
  await watching.note({ step, failed }, judged)
  throw canaryFailed(failed)
}

const canaryFailed = (message: string) => refused('CANARY_FAILED', { message, help: 'what was measured is on the ledger: canary.judged' })
