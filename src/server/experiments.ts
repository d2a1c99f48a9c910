import type { Hono } from 'hono'
import type { Clock } from '../kernel/clock.ts'
import type { HttpEnv } from '../kernel/http.ts'
import type { NewId } from '../kernel/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { makeExperiments } from '../learning/experiment/experiments.ts'
import { experimentRoutes } from '../learning/experiment/routes.ts'
import { makeTidier } from './tidier.ts'

export type ExperimentsOptions = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly newId: NewId
  /** false: another server looks at them. */
  readonly work: boolean
  readonly log: (message: string) => void
}

/** Plugs experiments together. They are looked at when their plans say so, whether anybody asks or not. */
export function openExperiments({ ledger, clock, newId, work, log }: ExperimentsOptions) {
  const experiments = makeExperiments(ledger, { clock, newId })
  const looker = makeTidier('look at experiments', experiments.look, log)
  const unheard = work ? ledger.onAppend(looker.soon) : () => {}
  return {
    mount: (api: Hono<HttpEnv>): void => void api.route('/', experimentRoutes(experiments)),
    async close(): Promise<void> {
      unheard()
      await looker.close()
    },
  }
}
