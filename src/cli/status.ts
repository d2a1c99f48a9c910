import type { StageView, StreamView } from '../flow/pipeline/schemas.ts'
import { shortDigest } from '../kernel/digest.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { Output } from './output.ts'

const ago = (instant: string) => `${formatDuration(Math.max(0, Date.now() - Date.parse(instant)))} ago`

/** A value stream on a terminal: its line, its stages from left to right, its latest runs. */
export function describeStream({ stream, line, stages, runs }: StreamView, output: Output): string {
  const { colour } = output
  const head = line.status === 'open' ? colour.green('the line is open') : colour.red(colour.bold('THE LINE IS STOPPED'))
  const stops = line.stops.map(
    (stop) =>
      `  ${colour.red(stop.id)} ${stop.reason} ${colour.dim(`by ${stop.by}, ${ago(stop.since)}; fix it with a commit that says "Fixes-Stop: ${stop.id}"`)}`,
  )
  const recent = runs
    .slice(0, 5)
    .map((run) => [
      `  ${run.id}`,
      run.commit.slice(0, 8),
      mark(run.state, output),
      run.stage ?? '',
      colour.dim(`${run.summary.slice(0, 50)} (${run.author}, ${ago(run.queuedAt)})`),
    ])
  return [
    `${colour.bold(stream)}: ${head}`,
    ...stops,
    '',
    output.table(stages.flatMap((stage) => stageRows(stage, output))),
    '',
    output.table(recent),
  ].join('\n')
}

function stageRows(stage: StageView, output: Output): string[][] {
  const { colour } = output
  const { running, environment } = stage
  const runs =
    running === null
      ? colour.dim('nothing')
      : `${shortDigest(running.card.digest)} ${running.card.commit.slice(0, 8)} ${running.card.summary.slice(0, 40)}`
  const where =
    environment === null
      ? ''
      : environment.ephemeral
        ? colour.dim('made for each delivery')
        : `${environment.state} ${Object.values(environment.urls).join(' ')}`
  const waiting = stage.candidates.flatMap(({ card, waiting }) =>
    waiting === null
      ? []
      : [
          [
            '',
            colour.yellow('waits'),
            `${card.commit.slice(0, 8)} ${waiting.why}`,
            colour.dim(`for ${waiting.for}, since ${ago(waiting.since)}`),
          ],
        ],
  )
  const held = stage.held.map(({ card, reason }) => ['', colour.red('held'), `${card.commit.slice(0, 8)} ${reason.split('\n', 1)[0]}`, ''])
  return [[`  ${colour.bold(stage.name)}`, running?.verified === true ? colour.green('verified') : '', runs, where], ...waiting, ...held]
}

function mark(state: string, { colour }: Output): string {
  if (state === 'succeeded') return colour.green('✔ delivered')
  if (state === 'failed') return colour.red('✘ failed')
  return colour.yellow(state)
}
