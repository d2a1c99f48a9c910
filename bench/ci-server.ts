/**
 * The same ten steps that do nothing, here and in Debian's `buildbot` (a real CI server with a worker, both on this machine): from
 * one step's end to the next, and from the change being known to the end of the pipeline. Ours is the longer way: a real commit is
 * read, checked out, and a candidate is made and recorded.
 *
 *     node bench/ci-server.ts [pipelines]        needs: apt install buildbot buildbot-worker
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { takePort } from '../src/connectors/process/ports.ts'
import { run } from '../src/kernel/process.ts'
import { withBuildbot } from './chain/buildbot.ts'
import { stepTimes, withThreeways } from './chain/threeways.ts'
import { percentile } from './ledger/percentile.ts'

const steps = 10
const pipelines = Number(process.argv[2] ?? 10)
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
try {
  await threeways()
  await buildbot()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function threeways(): Promise<void> {
  const perStep: number[] = []
  const perPipeline: number[] = []
  await withThreeways(folder, async (deliver) => {
    // The first of each pays for what is loaded only once.
    for (let n = 0; n <= pipelines; n++) {
      const run = await deliver(steps)
      if (n === 0) continue
      perStep.push(...stepTimes(run))
      perPipeline.push(Date.parse(run.finishedAt!) - Date.parse(run.queuedAt))
    }
  })
  tell('threeways', perStep, perPipeline)
}

async function buildbot(): Promise<void> {
  const isHere = await run('buildbot', ['--version']).then(
    ({ code }) => code === 0,
    () => false,
  )
  if (!isHere) return console.log('buildbot     is not installed here: apt install buildbot buildbot-worker')
  const perStep: number[] = []
  const perPipeline: number[] = []
  await withBuildbot(path.join(folder, 'buildbot'), steps, await takePort('127.0.0.1'), async (pipeline) => {
    for (let n = 0; n <= pipelines; n++) {
      const { began, stepEnds, ended } = await pipeline()
      if (n === 0) continue
      perStep.push(...stepEnds.slice(1).map((end, index) => end - stepEnds[index]!))
      perPipeline.push(ended - began)
    }
  })
  tell('buildbot', perStep, perPipeline)
}

function tell(name: string, perStep: readonly number[], perPipeline: readonly number[]): void {
  const figures = (values: readonly number[]) => `p50 ${percentile(values, 50).toFixed(0)} ms, p99 ${percentile(values, 99).toFixed(0)} ms`
  console.log(`${name.padEnd(12)} per step ${figures(perStep)}; per pipeline of ${steps} ${figures(perPipeline)}`)
}
