/**
 * What every page asks for at each change: all value streams, whole. Each stream has runs that went through three stages, the
 * last of them waits before production; nothing runs in its environments.
 *
 *     node bench/streams.ts [streams] [runs of each]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { event } from '../src/ledger/event.ts'
import { candidateBuilt } from '../src/flow/candidate/events.ts'
import { readDefinition } from '../src/flow/definition/read.ts'
import { changeRun, changeStep, insertRun, lockRun } from '../src/flow/pipeline/runs.ts'
import { stepsOf } from '../src/flow/pipeline/steps.ts'
import { tables } from '../src/flow/pipeline/tables.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { sha256 } from '../src/kernel/digest.ts'
import { newId } from '../src/kernel/ids.ts'
import { openThreeways, type Threeways } from '../src/server/compose.ts'
import { openHome } from '../src/server/home.ts'
import { percentile } from './ledger/percentile.ts'

const [streams = 200, runs = 20] = process.argv.slice(2).map(Number)
const asks = 15
const example = path.join(import.meta.dirname, '../examples/parts-unlimited/threeways.yaml')
const { definition } = readDefinition(await readFile(example), 'threeways.yaml')
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
const threeways = await openThreeways({
  home: await openHome(path.join(folder, 'home')),
  repository: undefined,
  anonymous: undefined,
  hosts: undefined,
  parallel: 4,
  work: true,
  log: console.error,
})
try {
  for (let stream = 0; stream < streams; stream++) await fill(threeways, `stream-${stream}`)
  await measure('asked by one page (goal for 200 of 20: 300 ms)', 1)
  await measure('asked by 20 pages at once', 20)
} finally {
  await threeways.close()
  await rm(folder, { recursive: true, force: true })
}

async function measure(what: string, pages: number): Promise<void> {
  const headers = { authorization: `Bearer ${threeways.adminToken}` }
  const ask = async () => (await (await threeways.app.request('/api/streams', { headers })).text()).length
  const times: number[] = []
  let bytes = await ask()
  for (let n = 0; n < asks; n++) {
    const began = performance.now()
    ;[bytes = 0] = await Promise.all(Array.from({ length: pages }, ask))
    times.push(performance.now() - began)
  }
  const figure = `p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`
  console.log(`${streams} streams of ${runs} runs, ${what}: ${figure}, ${(bytes / 1e6).toFixed(1)} MB`)
}

/** As the engine leaves them. */
async function fill({ ledger, workshop: { records } }: Threeways, stream: string): Promise<void> {
  await ledger.transaction(async (tx) => {
    for (let n = 0; n < runs; n++) {
      const [commit, digest] = [sha256(`${stream} ${n}`).slice(7, 47), sha256(`${stream} candidate ${n}`)]
      const about = { author: 'Ada Lovelace', summary: `Change number ${n} of it`, committedAt: systemClock.instant() }
      const id = newId()
      await insertRun(
        tx,
        {
          ...about,
          id,
          stream,
          commit,
          kind: 'delivery',
          repository: '/repositories/shop',
          branch: 'main',
          onTrunk: true,
          fixesStop: null,
          reverts: null,
          definition,
          candidate: digest,
          requestedBy: 'ada',
          reason: null,
          origin: null,
          place: null,
          queuedAt: systemClock.instant(),
        },
        stepsOf(definition),
      )
      const { run, steps } = await lockRun(tx, id)
      const waits = n === runs - 1
      await tables(tx).updateTable('step').set({ state: 'succeeded', startedAt: systemClock.instant() }).where('run', '=', id).execute()
      for (const step of waits ? steps.filter(({ stage }) => stage === 'production') : []) {
        const waiting = { kind: 'approval', why: 'production is entered by hand', for: 'a person', since: systemClock.instant() } as const
        await changeStep(tx, step, step.work.kind === 'promote' ? { state: 'waiting', waiting } : { state: 'pending', startedAt: null })
      }
      if (!waits) await changeRun(tx, run, { state: 'succeeded', finishedAt: systemClock.instant() })
      const envelope = { id: newId(), time: systemClock.instant(), source: '/threeways/pipeline', subject: digest, chainId: id }
      const parts = {
        artifact: digest,
        environment: digest,
        files: 1,
        bytes: 1,
        tools: {},
        lockFiles: {},
        reproducible: 'unchecked' as const,
      }
      await tx.append([
        event(candidateBuilt, envelope, { stream, commit, ...about, ...parts }),
        ...definition.stages
          .filter(({ name }) => !waits || name !== 'production')
          .flatMap(({ name }) => [records.promotionStarted(run, name), records.promotionVerified(run, name)]),
      ])
    }
  })
}
