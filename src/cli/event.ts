import { eventOf } from '../flow/history/record.ts'
import type { Told } from '../flow/history/history.port.ts'
import { instantOf, type Instant } from '../kernel/clock.ts'
import { sha256 } from '../kernel/digest.ts'
import { invalid, ThreewaysError, unavailable } from '../kernel/errors.ts'
import type { CloudEvent } from '../ledger/event.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { lookUp, type Known, refuseTooEarly, warnUnknown } from './known-incident.ts'
import { momentOf } from './moment.ts'

type Flags = ConnectFlags & {
  readonly json: boolean
  readonly environment: string
  readonly at?: string
  readonly by?: string
  readonly source: string
}
export type DeployFlags = Flags & {
  readonly version: string
  readonly commit?: string
  readonly previous?: string
  readonly failed: boolean
  readonly id?: string
}
export type IncidentFlags = Flags & { readonly id?: string; readonly version?: string; readonly began?: string; readonly summary?: string }
export type ResolveFlags = Flags & { readonly id: string }

/** A version came to run somewhere, or did not. */
export async function deploy(this: CliContext, flags: DeployFlags, stream: string): Promise<void> {
  const { version, commit, previous, failed } = flags
  const what = { ...said(flags, stream), version: named(version, '--version'), commit, previous, failed }
  // A version may come back, so what is told does not name it: its moment does, or the run of the pipeline that tells it.
  const id = flags.id ?? nameOf('deployment', what, flags.at ?? runOf(this.env) ?? what.at)
  const sentence = `${stream} ${version} ${failed ? 'failed in' : 'runs in'} ${flags.environment}`
  await telling(this, flags, async (api) => void (await tell(this, api, flags, { ...what, kind: 'deployment', id }, sentence)))
}

/** Something is wrong. */
export async function incident(this: CliContext, flags: IncidentFlags, stream: string): Promise<void> {
  const { version, summary } = flags
  const began = flags.began === undefined ? undefined : momentOf(flags.began, '--began')
  const what = { ...said(flags, stream), version, summary, began }
  if (began !== undefined && began > what.at)
    throw invalid('TIME_INVALID', { message: `it began at ${began}, after it was detected at ${what.at}`, help: 'correct --began or --at' })
  const name = flags.id ?? nameOf('incident', what, flags.at ?? runOf(this.env) ?? what.at).slice(0, 12)
  const place = { stream, environment: flags.environment, incident: name }
  await telling(this, flags, async (api) => {
    const known = (await lookUp(api, place))?.known ?? undefined
    // Told after it was over it is another time, and not the first one again.
    const id = nameOf('detected', place, momentTold(this, flags, what.at) ?? known?.resolved ?? '')
    const told = { ...what, kind: 'incident', phase: 'detected', incident: name, id } as const
    const isOld = await tell(this, api, flags, told, `incident ${name} of ${stream} in ${flags.environment}`)
    if (isOld && known?.over === true) this.output.say(`it is over since ${known.resolved}; --at says when it was detected again`)
  })
}

/** It is over. */
export async function resolve(this: CliContext, flags: ResolveFlags, stream: string): Promise<void> {
  const name = named(flags.id, '--id')
  const place = { stream, environment: flags.environment, incident: name }
  const what = said(flags, stream)
  await telling(this, flags, async (api) => {
    const found = await lookUp(api, place)
    const known = found?.known ?? undefined
    if (flags.at !== undefined && known !== undefined) refuseTooEarly(known, what.at)
    const id = nameOf('resolved', place, momentTold(this, flags, what.at) ?? known?.detectedLast ?? '')
    // Without a time it is over since it was told to be so. Clocks differ by a little: nothing is over before it was detected.
    const at = flags.at === undefined ? sinceOf(known, what.at) : what.at
    const told = { ...what, at, kind: 'incident', phase: 'resolved', incident: name, id } as const
    await tell(this, api, flags, told, `incident ${name} ${endTold(known, at)}`)
    if (found !== undefined && known?.detected == null) warnUnknown(this.output, place, found.near)
  })
}

/** The moment that names what is told of an incident: as it was said, or the run of the pipeline; undefined: what it is told after. */
const momentTold = ({ env }: CliContext, flags: Flags, at: Instant) => (flags.at === undefined ? runOf(env) : at)

function sinceOf(known: Known | undefined, now: Instant): Instant {
  if (known?.over === true) return known.resolved as Instant
  return known?.detectedLast != null && known.detectedLast > now ? (known.detectedLast as Instant) : now
}

/** What an end comes to beside what is known: an incident is over when it was over the last time, and not detected again since. */
function endTold(known: Known | undefined, at: Instant): string {
  if (known?.detectedLast != null && known.detectedLast > at)
    return `was over at ${at}; it was detected again at ${known.detectedLast}${known.over ? `, and is over since ${known.resolved}` : ', and is not over'}`
  return known?.over === true && known.resolved! > at
    ? `was over at ${at}, and the last time at ${known.resolved}, which counts`
    : 'is over'
}

const aheadMs = 5 * 60_000

function said({ at, by, environment }: Flags, stream: string) {
  const now = Date.now()
  const moment: Instant = at === undefined ? instantOf(now) : momentOf(at, '--at')
  // Clocks differ by a little.
  if (Date.parse(moment) > now + aheadMs)
    throw invalid('TIME_INVALID', { message: `--at ${at} lies in the future`, help: 'tell it when it has happened' })
  return { at: moment, by, stream: named(stream, 'the stream'), environment: named(environment, '--environment') }
}

const lengthMax = 400

/** A name as an event can carry it. */
function named(text: string, what: string): string {
  const problem = text.trim() === '' ? 'is empty' : text.length > lengthMax ? `is longer than ${lengthMax} characters` : undefined
  const odd = problem ?? (/\p{Cc}/u.test(text) ? 'holds a control character' : undefined)
  if (odd !== undefined) throw invalid('NAME_INVALID', { message: `${what} ${odd}`, help: 'is the variable of your pipeline set?' })
  return text
}

/** What is told names it: told again it is the same, whenever that is. */
const nameOf = (kind: string, { at: _, ...what }: Readonly<Record<string, unknown>>, moment = '') =>
  sha256(JSON.stringify([kind, Object.entries(what).filter(([, value]) => value !== undefined), moment])).slice(7, 47)

/** Variables by which CI systems name the run, or the job, that a step belongs to; a step that is tried again within it is the same. */
const runVariables = [
  ['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT'],
  ['CI_JOB_ID'],
  ['BUILD_TAG'],
  ['BUILDKITE_JOB_ID'],
  ['CIRCLE_WORKFLOW_JOB_ID'],
  ['SYSTEM_JOBID'],
] as const

function runOf(env: CliContext['env']): string | undefined {
  const found = runVariables.find(([name]) => (env[name] ?? '') !== '')
  return found?.map((name) => `${name}=${env[name] ?? ''}`).join(' ')
}

/** @returns whether it stood there already */
async function tell({ output }: CliContext, api: Api, flags: Flags, told: Told, sentence: string): Promise<boolean> {
  const duplicate = await record(api, eventOf(told, flags.source), flags.at === undefined)
  const incident = told.kind === 'incident' ? { incident: told.incident } : {}
  if (flags.json) output.json({ id: told.id, source: flags.source, ...incident, duplicate })
  else output.result(duplicate ? `${sentence}: it was recorded already, as ${told.id}` : `${sentence}: recorded as ${told.id}`)
  return duplicate
}

async function telling(context: CliContext, flags: Flags, work: (api: Api) => Promise<void>): Promise<void> {
  try {
    await withApi(context, flags, work)
  } catch (error) {
    // Where a pipeline runs there is no data folder: its variable is not set.
    if (!(error instanceof ThreewaysError) || error.code !== 'HOME_NOT_FOUND') throw error
    throw unavailable('SERVER_UNREACHABLE', {
      message: 'no server is named, and there is none here',
      help: 'set THREEWAYS_SERVER to its address and THREEWAYS_TOKEN to a token with the scope "events"',
    })
  }
}

/** @returns whether it stood there already */
async function record(api: Api, event: CloudEvent, isTimeless: boolean): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/cloudevents+json' }
    const response = await api.open('/api/events', { method: 'POST', headers, body: JSON.stringify(event) })
    return ((await response.json()) as { duplicate: boolean }).duplicate
  } catch (error) {
    // Told again a moment later. What says its own time, and another one than before, contradicts itself.
    if (isTimeless && error instanceof ThreewaysError && error.code === 'EVENT_ID_REUSED') return true
    throw error
  }
}
