import type { Clock } from '../../../kernel/clock.ts'
import type { Actor } from '../../../kernel/http.ts'

const lifeMs = 24 * 3_600_000
const ticketsMax = 100_000

export type Tickets = ReturnType<typeof makeTickets>

/**
 * A browser cannot send a token when it listens to events, and a token has no place in an address. Whoever showed one gets a ticket
 * that is good for listening and for nothing else, for a day, from this server.
 */
export function makeTickets({ clock, secret }: { readonly clock: Clock; readonly secret: () => string }) {
  const kept = new Map<string, { readonly actor: Actor; readonly until: number }>()
  const ofActor = new Map<string, string>()
  return {
    /** What to put behind the address; empty for whoever needs none. */
    queryFor(actor: Actor): string {
      if (actor.anonymous) return ''
      const before = ofActor.get(actor.name)
      const known = before === undefined ? undefined : kept.get(before)
      // Half of its life has to be left, or listeners would be sent away soon.
      if (before !== undefined && known !== undefined && known.until > clock.now() + lifeMs / 2) return `?ticket=${before}`
      if (kept.size >= ticketsMax) kept.clear()
      const ticket = secret()
      kept.set(ticket, { actor, until: clock.now() + lifeMs })
      ofActor.set(actor.name, ticket)
      return `?ticket=${ticket}`
    },
    isGood: (ticket: string): boolean => (kept.get(ticket)?.until ?? 0) > clock.now(),
  }
}
