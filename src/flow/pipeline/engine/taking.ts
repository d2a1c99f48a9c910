import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { assign, isMaking, type Answer, type Machine, type Need } from './assign.ts'
import { sourceParcel } from '../worker/depot.ts'
import { environmentOf, stageOf } from '../place.ts'
import { changeRun } from './runs.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'

/** Who would take steps, and what it knows of the others. */
export type Taker = {
  /** Goes on the step. */
  readonly owner: string
  readonly self: Pick<Machine, 'home' | 'role' | 'labels'>
  /** Servers and workers as they were a moment ago, itself among them. A mistake costs time and nothing else: fences guard. */
  machines(): readonly Machine[]
}

/** Whether this one takes the step; the answer may take the environment or the run's checkout to its machine. */
export async function mayTake(taker: Taker, tx: LedgerTransaction, run: RunRow, step: StepRow): Promise<Answer> {
  const { self, machines } = taker
  const environment = environmentFor(run, step)
  const labels = labelsOf(run, step)
  const alone = self.role === 'server' && machines().every(({ home }) => home === self.home)
  const answer = alone && Object.keys(labels).length === 0 ? 'yes' : assign(await needOf(tx, run, step, self.home), self, machines())
  if (answer !== 'yes') return answer
  if (environment !== undefined) return (await takePlace(tx, environment, self.home)) ? 'yes' : 'another'
  await takeCheckout(taker, tx, run, step)
  return 'yes'
}

async function needOf(tx: LedgerTransaction, run: RunRow, step: StepRow, home: string): Promise<Need> {
  const environment = environmentFor(run, step)
  const { origin, place } = run
  return {
    work: step.work,
    labels: labelsOf(run, step),
    secrets: isGiven(run, step),
    environment,
    environmentPlace: environment === undefined ? undefined : await placeOf(tx, environment),
    place,
    origin,
    sourceShared: origin === null || origin === home || (await isShared(tx, run.commit)),
  }
}

/** The environment that a step changes or talks to. */
function environmentFor(run: RunRow, { work }: StepRow): string | undefined {
  if (!('stage' in work) || work.kind === 'promote') return undefined
  if (work.kind === 'check' && run.definition.checks[work.check]!.in !== 'environment') return undefined
  const stage = stageOf(run, work.stage)
  return stage.environment === undefined ? undefined : environmentOf(run, stage)
}

/** A checkout that a build was given something for is not made again where it cannot be had. */
const isGiven = ({ definition: { artifact, checks } }: RunRow, { work }: StepRow) =>
  artifact.secrets !== undefined || (work.kind === 'check' && checks[work.check]!.secrets !== undefined)

const labelsOf = (run: RunRow, { work }: StepRow) => (work.kind === 'check' ? (run.definition.checks[work.check]!.on ?? {}) : {})

const placeOf = async (tx: LedgerTransaction, environment: string) =>
  (await tables(tx).selectFrom('environmentPlace').select('home').where('environment', '=', environment).executeTakeFirst())?.home

const isShared = async (tx: LedgerTransaction, commit: string) =>
  (await tables(tx).selectFrom('parcel').select('name').where('name', '=', sourceParcel(commit)).executeTakeFirst()) !== undefined

/** @returns whether it stands there now; another server may have been first */
async function takePlace(tx: LedgerTransaction, environment: string, home: string): Promise<boolean> {
  await tables(tx)
    .insertInto('environmentPlace')
    .values({ environment, home })
    .onConflict((c) => c.doNothing())
    .execute()
  return (await placeOf(tx, environment)) === home
}

/** The checkout goes with the steps, unless where it stands somebody lives: then this one is an exception for its labels. */
async function takeCheckout({ self, machines }: Taker, tx: LedgerTransaction, run: RunRow, { work }: StepRow): Promise<void> {
  if (!isMaking(work) || run.place === self.home) return
  const stands = work.kind !== 'checkout' && machines().some(({ home, alive }) => alive && home === run.place)
  if (!stands) await changeRun(tx, run, { place: self.home })
}
