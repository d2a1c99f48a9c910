import type { Clock } from '../../../kernel/clock.ts'
import type { Actor } from '../../../kernel/http.ts'

const lifeMs = 24 * 3_600_000
const ticketsMax = 100_000

export type Tickets = ReturnType<typeof makeTickets>
type TicketParts = {
  readonly clock: Clock
  readonly secret: () => string
  /** Whether the token of this name was taken back. */
  readonly isRevoked: (name: string) => Promise<boolean>
}

/**
 * A browser cannot send a token when it listens to events, and a token has no place in an address. Whoever showed one gets a ticket
 * that is good for listening and for nothing else, for a day, from this server, and no longer than the token that was shown.
 */
export function makeTickets({ clock, secret, isRevoked }: TicketParts) {
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
    async isGood(ticket: string): Promise<boolean> {
      const known = kept.get(ticket)
      return known !== undefined && known.until > clock.now() && !(await isRevoked(known.actor.name))
    },
  }
}
