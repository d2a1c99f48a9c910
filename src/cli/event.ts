import { eventOf } from '../flow/history/record.ts'
import type { Told } from '../flow/history/history.port.ts'
import { instantOf, type Instant } from '../kernel/clock.ts'
import { sha256 } from '../kernel/digest.ts'
import { invalid, ThreewaysError, unavailable } from '../kernel/errors.ts'
import type { CloudEvent } from '../ledger/event.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
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
  await tell(
    this,
    flags,
    { ...what, kind: 'deployment', id },
    `${stream} ${version} ${failed ? 'failed in' : 'runs in'} ${flags.environment}`,
  )
}

/** Something is wrong. */
export async function incident(this: CliContext, flags: IncidentFlags, stream: string): Promise<void> {
  const { version, summary } = flags
  const began = flags.began === undefined ? undefined : momentOf(flags.began, '--began')
  const what = { ...said(flags, stream), version, summary, began }
  if (began !== undefined && began > what.at)
    throw invalid('TIME_INVALID', { message: `it began at ${began}, after it was detected at ${what.at}`, help: 'correct --began or --at' })
  const name = flags.id ?? nameOf('incident', what, flags.at ?? runOf(this.env) ?? what.at).slice(0, 12)
  const id = nameOf('detected', { stream, environment: flags.environment, incident: name })
  const told = { ...what, kind: 'incident', phase: 'detected', incident: name, id } as const
  await tell(this, flags, told, `incident ${name} of ${stream} in ${flags.environment}`)
}

/** It is over. */
export async function resolve(this: CliContext, flags: ResolveFlags, stream: string): Promise<void> {
  const name = named(flags.id, '--id')
  const id = nameOf('resolved', { stream, environment: flags.environment, incident: name })
  const told = { ...said(flags, stream), kind: 'incident', phase: 'resolved', incident: name, id } as const
  await tell(this, flags, told, `incident ${name} is over`)
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

async function tell(context: CliContext, flags: Flags, told: Told, sentence: string): Promise<void> {
  const { output } = context
  const work = async (api: Api) => {
    const duplicate = await record(api, eventOf(told, flags.source), flags.at === undefined)
    const incident = told.kind === 'incident' ? { incident: told.incident } : {}
    if (flags.json) output.json({ id: told.id, source: flags.source, ...incident, duplicate })
    else output.result(duplicate ? `${sentence}: it was recorded already, as ${told.id}` : `${sentence}: recorded as ${told.id}`)
  }
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
