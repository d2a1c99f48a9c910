import type { Hono } from 'hono'
import { besideRoutes } from '../flow/flags/beside/routes.ts'
import { makeFlags } from '../flow/flags/flags.ts'
import { makeProposals } from '../flow/flags/proposals/proposals.ts'
import { proposalRoutes } from '../flow/flags/proposals/routes.ts'
import type { OutcomeOf } from '../flow/flags/plan.ts'
import { keepRamping } from '../flow/flags/ramping.ts'
import { flagRoutes } from '../flow/flags/routes.ts'
import { countAsking } from '../flow/flags/serving/counting.ts'
import { ofrepRoutes } from '../flow/flags/serving/ofrep.ts'
import { flagOrigins, flagSetRoutes } from '../flow/flags/serving/routes.ts'
import { makeServed } from '../flow/flags/serving/served.ts'
import { makeFlagSets } from '../flow/flags/serving/sets.ts'
import { makeTickets } from '../flow/flags/serving/tickets.ts'
import { trafficRoutes } from '../flow/flags/traffic/routes.ts'
import type { Clock } from '../kernel/clock.ts'
import type { HttpEnv } from '../kernel/http.ts'
import { experimentsOfFlags } from './experiments-of-flags.ts'
import { holdGuardrails } from './guardrails.ts'
import { outcomesOf } from './outcomes.ts'
import { makeTidier } from './tidier.ts'
import { newSecret, type NewId } from '../kernel/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** After a report until it is held against guardrails. */
const guardMs = 2_000

export type FlagsOptions = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly newId: NewId
  /** false: another server takes ramps further. */
  readonly work: boolean
  /** Of pages that may ask for flags. */
  readonly origins: readonly string[]
  /** Whoever is on this machine may ask. */
  readonly isLocal: boolean
  /** Whether the token of this name was taken back. */
  readonly isRevoked: (name: string) => Promise<boolean>
  readonly log: (message: string) => void
}

/** Plugs flags together: what people publish, and what applications are served of it. */
export function openFlags({ ledger, clock, newId, work, origins, isLocal, isRevoked, log }: FlagsOptions) {
  const flags = makeFlags(ledger, { clock, newId, experiments: experimentsOfFlags })
  const sets = makeFlagSets(ledger, flags.standing, log)
  const served = makeServed(sets)
  const tickets = makeTickets({ clock, secret: newSecret, isRevoked })
  const counting = countAsking(ledger, { clock, newId, log })
  const serving = flagSetRoutes(sets, tickets)
  const hold = (now: number, outcomeOf?: OutcomeOf) => holdGuardrails({ ledger, flags, sets }, now, outcomeOf)
  const guard = makeTidier('hold ramps against their guardrails', () => hold(clock.now()), log, guardMs)
  const unheard = work ? ledger.onAppend(guard.soon) : () => {}
  const endRamping = work ? keepRamping({ flags, sets, clock, outcomes: (names) => outcomesOf(ledger, names), hold, log }) : async () => {}
  return {
    mount(api: Hono<HttpEnv>): void {
      api.use('/flag-sets/*', flagOrigins(origins, isLocal))
      api.route('/', flagRoutes({ flags, served, kept: sets.flags, refresh: sets.refresh }))
      api.route('/', besideRoutes(ledger, flags))
      api.route('/', trafficRoutes({ ledger, flags, sets, clock }))
      api.route('/', proposalRoutes(makeProposals(ledger, flags, { clock, newId }), flags, sets.refresh))
      api.route('/', ofrepRoutes(served, tickets, counting))
      api.route('/', serving.app)
    },
    async close(): Promise<void> {
      serving.close()
      unheard()
      await guard.close()
      await endRamping()
      await counting.close()
      await sets.close()
    },
  }
}
