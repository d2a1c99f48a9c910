import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { candidateBuilt } from '../../src/flow/candidate/events.ts'
import type { Definition } from '../../src/flow/definition/definition.ts'
import { readDefinition } from '../../src/flow/definition/read.ts'
import { serviceDeployed } from '../../src/flow/deployment/events.ts'
import { changeRun, changeStep, insertRun, lockRun } from '../../src/flow/pipeline/engine/runs.ts'
import { stepsOf } from '../../src/flow/pipeline/steps.ts'
import { tables } from '../../src/flow/pipeline/tables.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { sha256 } from '../../src/kernel/digest.ts'
import { newId } from '../../src/kernel/ids.ts'
import { event } from '../../src/ledger/event.ts'
import type { Threeways } from '../../src/server/compose.ts'

export type Filling = {
  readonly stream: string
  /** Each went through the stages; the last one waits before production. */
  readonly runs: number
  readonly definition: Definition
  /** The ledger says that the last two serve in the environments. @defaultValue false */
  readonly deployed?: boolean
}

export async function exampleDefinition(): Promise<Definition> {
  const example = path.join(import.meta.dirname, '../../examples/parts-unlimited/threeways.yaml')
  return readDefinition(await readFile(example), 'threeways.yaml').definition
}

/** A value stream as the engine leaves it. */
export async function fillStream({ ledger, workshop: { records } }: Threeways, filling: Filling): Promise<void> {
  const { stream, runs, definition, deployed = false } = filling
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
        ...(deployed && n >= runs - 2 ? definition.stages : [])
          .filter(({ name, environment }) => environment !== undefined && (!waits || name !== 'production'))
          .flatMap(({ name, environment }) =>
            Object.keys(definition.services).map((service) =>
              event(
                serviceDeployed,
                { ...envelope, id: newId(), time: systemClock.instant(), subject: service },
                { environment: { id: `${stream}/${environment}` }, artifactId: `pkg:generic/${stream}@${n}` },
                { stream, stage: name, candidate: digest, commit, run: id, strategy: 'blue-green' },
              ),
            ),
          ),
      ])
    }
  })
}
