import type { Stage } from '../definition/definition.ts'
import type { EnvironmentId, Observed } from '../environment/provider.port.ts'
import { activeSteps, cardsOf, streamNames } from '../pipeline/stream-facts.ts'
import type { Viewing } from '../pipeline/views.ts'
import { beyondProduction, deployed, lately, openRuns, runsNumbered, stagesOf } from './facts.ts'
import { environmentOf, isProduction, rowOf, type Facts } from './row.ts'
import type { EstateRow } from './schemas.ts'

export type EstateViewing = Viewing & { readonly provider: { list(): Promise<readonly EnvironmentId[]> } }

/** Looks at every value stream at once, with the same few queries for one and for hundreds. */
export function makeEstate(viewing: EstateViewing) {
  const { ledger, provider } = viewing
  // What a run's definition says never changes; it is long, and asked for at every change.
  let known: ReadonlyMap<string, readonly Stage[]> = new Map()

  async function stagesBy(runs: readonly string[]): Promise<ReadonlyMap<string, readonly Stage[]>> {
    const missing = runs.filter((run) => !known.has(run))
    const read = missing.length === 0 ? new Map<string, readonly Stage[]>() : await stagesOf(ledger, missing)
    known = new Map(runs.map((run) => [run, read.get(run) ?? known.get(run) ?? []]))
    return known
  }

  async function observe(ids: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
    const wanted = new Set(ids)
    const there = (await provider.list()).filter((id) => wanted.has(id))
    return new Map(await Promise.all(there.map(async (id) => [id, await provider.observe(id)] as const)))
  }

  return async (): Promise<readonly EstateRow[]> => {
    const names = await streamNames(ledger)
    const [late, open, stops] = await Promise.all([lately(ledger, names), openRuns(ledger), viewing.openStops(names)])
    const runs = await runsNumbered(
      ledger,
      late.flatMap(({ latest, failed }) => (failed === null ? [latest] : [latest, failed])),
    )
    const newest = new Map(late.flatMap(({ stream, latest }) => (runs.has(latest) ? [[stream, runs.get(latest)!]] : [])))
    const [stages, steps] = await Promise.all([
      stagesBy([...newest.values()].map(({ id }) => id)),
      activeSteps(
        ledger,
        open.map(({ id }) => id),
      ),
    ])
    const stagesIn = (stream: string) => stages.get(newest.get(stream)?.id ?? '') ?? []
    const ids = names.flatMap((stream) => stagesIn(stream).flatMap((stage) => environmentOf(stream, stage) ?? []))
    const [placed, observed] = await Promise.all([deployed(ledger, ids), observe(ids)])
    const running = runningIn(placed, observed)
    const [cards, beyond] = await Promise.all([
      cardsOf(
        ledger,
        [...running.values()].map(({ candidate }) => candidate),
      ),
      beyondProduction(
        ledger,
        names.flatMap((stream) => inProduction(stream, stagesIn(stream), running)),
      ),
    ])
    const by = {
      open: Map.groupBy(open, ({ stream }) => stream),
      steps: Map.groupBy(steps, ({ run }) => run),
      stops: Map.groupBy(stops, ({ stream }) => stream),
      beyond: new Map(beyond.map((each) => [each.stream, each])),
    }
    return late.flatMap(({ stream, recent, failed }) => {
      const latest = newest.get(stream)
      if (latest === undefined) return []
      const facts = {
        latest,
        recent,
        failed: failed === null ? undefined : runs.get(failed),
        open: by.open.get(stream) ?? [],
        steps: by.steps,
        stages: stagesIn(stream),
        running,
        observed,
        cards,
        stops: by.stops.get(stream) ?? [],
        beyond: by.beyond.get(stream),
      }
      return [rowOf(stream, facts)]
    })
  }
}

/** What serves in each environment: as read back, and where nothing can be read back here, as the ledger has it. */
function runningIn(placed: Awaited<ReturnType<typeof deployed>>, observed: ReadonlyMap<string, Observed>): Facts['running'] {
  const running = new Map<string, { candidate: string; since: string | null }>()
  for (const { environment, candidate, since } of placed) {
    const traffic = observed.get(environment)?.traffic
    if (traffic === undefined || traffic === candidate) running.set(environment, { candidate: candidate!, since })
  }
  for (const [environment, { traffic }] of observed) {
    if (traffic !== undefined && running.get(environment)?.candidate !== traffic)
      running.set(environment, { candidate: traffic, since: null })
  }
  return running
}

function inProduction(stream: string, stages: readonly Stage[], running: Facts['running']) {
  const last = stages.findLast((stage) => isProduction(stage, stages) && environmentOf(stream, stage) !== undefined)
  const there = last && running.get(environmentOf(stream, last)!)
  return there === undefined ? [] : [{ stream, candidate: there.candidate }]
}
