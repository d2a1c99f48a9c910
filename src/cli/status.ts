import type { RunSummary, StageView, StopView, StreamView } from '../flow/pipeline/schemas.ts'
import { shortDigest } from '../kernel/digest.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { Output } from './output.ts'

const runsShown = 5
const ago = (instant: string) => `${formatDuration(Math.max(0, Date.now() - Date.parse(instant)))} ago`
const shortened = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/** A value stream on a terminal: its line, what runs in its stages from left to right, what waits and why, its latest runs. */
export function describeStream({ stream, line, stages, runs }: StreamView, output: Output): string {
  const { colour } = output
  const head = line.status === 'open' ? colour.green('the line is open') : colour.red(colour.bold('THE LINE IS STOPPED'))
  const parts = [
    [`${colour.bold(stream)}: ${head}`, ...line.stops.flatMap((stop) => describeStop(stop, output))],
    [output.table(stages.map((stage) => stageRow(stage, output)))],
    stages.flatMap((stage) => [...waitsIn(stage, output), ...heldOutOf(stage, output)]),
    [output.table(runs.slice(0, runsShown).map((run) => runRow(run, output)))],
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function describeStop({ id, reason, by, since }: StopView, { colour }: Output): readonly string[] {
  return [`  ${colour.red(id)} ${reason}`, colour.dim(`    by ${by}, ${ago(since)}; passes: a commit that says "Fixes-Stop: ${id}"`)]
}

function stageRow({ name, running, environment }: StageView, { colour }: Output): string[] {
  const runs =
    running === null
      ? [colour.dim('nothing'), '', '']
      : [shortDigest(running.card.digest), running.card.commit.slice(0, 8), shortened(running.card.summary, 40)]
  const where =
    environment === null
      ? ''
      : environment.ephemeral
        ? colour.dim('made for each delivery')
        : `${environment.state} ${Object.values(environment.urls).join(' ')}`
  return [`  ${colour.bold(name)}`, running?.verified === true ? colour.green('verified') : '', ...runs, where]
}

function waitsIn({ name, candidates }: StageView, { colour }: Output): readonly string[] {
  return candidates.flatMap(({ card, waiting }) =>
    waiting === null
      ? []
      : [
          `  ${colour.yellow('waits')} ${card.commit.slice(0, 8)} before ${name}: ${waiting.why}`,
          colour.dim(`    for ${waiting.for}; since ${ago(waiting.since)}`),
        ],
  )
}

function heldOutOf({ name, held }: StageView, { colour }: Output): readonly string[] {
  return held.map(({ card, reason }) => `  ${colour.red('held')}  ${card.commit.slice(0, 8)} out of ${name}: ${reason}`)
}

function runRow({ id, commit, state, stage, summary, author, queuedAt }: RunSummary, { colour }: Output): string[] {
  return [
    `  ${id}`,
    commit.slice(0, 8),
    mark(state, stage, colour),
    stage ?? '',
    colour.dim(`${shortened(summary, 50)} (${author}, ${ago(queuedAt)})`),
  ]
}

function mark(state: RunSummary['state'], stage: string | null, colour: Output['colour']): string {
  if (state === 'succeeded') return colour.green(stage === null ? '✔ built' : '✔ delivered')
  if (state === 'failed') return colour.red('✘ failed')
  return colour.yellow(state)
}
