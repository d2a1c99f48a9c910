import { setTimeout as sleep } from 'node:timers/promises'
import type { RunView, StepView } from '../flow/pipeline/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { ThreewaysError } from '../kernel/errors.ts'
import type { Api } from './api.ts'
import type { CliContext } from './context.ts'
import type { Output } from './output.ts'

const lookMs = 120
/** Longer than a database or server takes to come back by itself. */
const outageMsMax = 30_000
const outageLookMs = 500
const over = new Set<StepView['state']>(['succeeded', 'failed', 'cancelled', 'skipped'])
const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'

/** Tells what happens in a run until it ends or waits for a person. @returns the run as it stands then */
export async function follow(api: Api, id: string, output: Output): Promise<RunView> {
  const told = new Map<string, string>()
  for (let turn = 0; ; turn++) {
    const run = await patiently(() => api.get<RunView>(`/api/runs/${id}`), output)
    output.passing('')
    for (const step of run.steps) tellStep(step, told, output)
    if (run.finishedAt !== null || run.state === 'needs-attention') return run
    output.passing(statusLine(run, turn, output))
    await sleep(lookMs)
  }
}

/** A server or database that is away for a moment comes back, and the run has gone on. */
async function patiently<T>(ask: () => Promise<T>, output: Output): Promise<T> {
  for (const deadline = Date.now() + outageMsMax; ; await sleep(outageLookMs)) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ThreewaysError && error.kind === 'unavailable') || Date.now() > deadline) throw error
      output.passing(`  ${error.message}; asking again`)
    }
  }
}

function tellStep(step: StepView, told: Map<string, string>, output: Output): void {
  const now = `${step.state} ${step.attempt} ${step.waiting?.why ?? ''}`
  if (told.get(step.name) === now) return
  told.set(step.name, now)
  const line = sentence(step, output)
  if (line !== undefined) output.say(line)
}

function sentence(step: StepView, { colour }: Output): string | undefined {
  const name = `${step.stage ?? 'candidate'} ${colour.dim('›')} ${step.title}`
  const took =
    step.startedAt !== null && step.finishedAt !== null
      ? colour.dim(` ${formatDuration(Date.parse(step.finishedAt) - Date.parse(step.startedAt))}`)
      : ''
  const note = step.message === null ? '' : colour.dim(` ${step.message.split('\n', 1)[0]}`)
  switch (step.state) {
    case 'succeeded':
      return `  ${colour.green('✔')} ${name}${took}${note}`
    case 'failed':
      return `  ${colour.red('✘')} ${name}${took}\n${indent(step.message ?? 'failed')}`
    case 'cancelled':
      return `  ${colour.yellow('■')} ${name} cancelled`
    case 'waiting':
    case 'needs-attention':
      return `  ${colour.yellow('◔')} ${name}: ${step.waiting?.why ?? 'waits'}\n${indent(`waits for ${step.waiting?.for ?? 'someone'}`)}`
    case 'pending':
      return step.waiting === null ? undefined : `  ${colour.yellow('↻')} ${name}: ${step.waiting.why}`
    default:
      return undefined
  }
}

const indent = (text: string) =>
  text
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')

function statusLine(run: RunView, turn: number, { colour, columns }: Output): string {
  const working = run.steps.filter(({ state }) => state === 'running').map(({ stage, title }) => `${stage ?? 'candidate'} › ${title}`)
  const done = run.steps.filter(({ state }) => over.has(state)).length
  const text = `${spinner[turn % spinner.length]} ${done}/${run.steps.length} ${working.join(', ')}`
  return colour.cyan(`  ${text}`.slice(0, columns - 1))
}

/** Prints how a run ended; anything but success is a failed command. */
export function report(context: CliContext, json: boolean, run: RunView, sentence: string): void {
  if (json) context.output.json(run)
  else
    context.output.result(
      run.state === 'succeeded'
        ? sentence
        : `run ${run.id}: ${run.state}${run.message === null ? '' : `: ${run.message.split('\n', 1)[0]}`}`,
    )
  if (run.state !== 'succeeded') context.process.exitCode = 1
}
