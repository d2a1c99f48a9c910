import { messageOf } from '../../../kernel/errors.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { listMachines, showUp, signOff, type MachineRow, type Self } from './machines.ts'
import { abandonedSteps, leaseMs, readyRuns, renewLeases, type Abandoned, type Held } from './runs.ts'

const beatMs = leaseMs / 5
/** By so much later than a lease ends it is looked whether it was renewed. */
const afterMs = 5

export type Pulse = {
  /** Servers and workers as they were at the last beat. */
  machines(): readonly MachineRow[]
  /** Resolves after the first beat, or the first that failed. */
  start(): Promise<void>
  close(): Promise<void>
}

export type PulseOptions = {
  readonly ledger: Pick<Ledger, 'db'>
  readonly self: Self
  isDead(owner: string): Promise<boolean>
  /** Asked before leases are renewed. @returns what is to be told of those that are still ours */
  renewing(): (held: readonly Held[]) => void
  takeOver(step: Abandoned): Promise<void>
  /** A machine came or went. */
  changed(): void
  /** Something may begin there, and perhaps here. */
  ready(run: string): void
  complain(message: string): void
}

/**
 * Keeps this server's steps its own, and looks after those of others that fell silent. A beat in every fifth of a lease; and a look at
 * the moment in which a lease ends that was not renewed: one that dies is replaced within the lease.
 */
export function makePulse(options: PulseOptions): Pulse {
  const { ledger, self } = options
  const { owner } = self
  let machines: readonly MachineRow[] = []
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let early: NodeJS.Timeout | undefined
  let renewing: Promise<void> | undefined
  let looking: Promise<void> | undefined
  let missed = 0
  let seen = ''
  /** Since when the database has answered without a gap: so long others could be heard. */
  let steadySince: number | undefined
  let lastBeat = 0

  async function renew(): Promise<void> {
    await showUp(ledger, self)
    const tell = options.renewing()
    tell(await renewLeases(ledger, owner))
    const now = performance.now()
    if (steadySince === undefined || now - lastBeat > leaseMs) steadySince = now
    lastBeat = now
  }

  async function look(): Promise<void> {
    const sure = steadySince !== undefined && performance.now() - steadySince >= leaseMs
    const { abandoned, nextMs } = await abandonedSteps(ledger, owner, options.isDead, sure)
    // Afterwards: whoever's lease has ended is not among the living any more, and does not keep others from its steps.
    machines = await listMachines(ledger)
    lookIn(nextMs + afterMs)
    for (const left of abandoned) {
      if (!closed) await options.takeOver(left)
    }
    const standing = machines.map(({ home, owner, alive, forgotten }) => `${home} ${owner} ${alive} ${forgotten}`).join()
    if (standing !== seen) options.changed()
    else if (machines.some(({ home }) => home !== self.home)) for (const run of await readyRuns(ledger)) options.ready(run)
    seen = standing
    missed = 0
  }

  // Said once: a ledger that is away for an hour would say it some thousand times.
  const failed = (what: string) => (error: unknown) => {
    if (missed++ === 0 && !closed) options.complain(`${what}, which is tried again and again: ${messageOf(error)}`)
  }

  /** Looking takes as long as it takes and must not hold up the sign of life. */
  function beat(): void {
    if (closed) return
    renewing ??= renew()
      .catch((error: unknown) => {
        steadySince = undefined
        failed('the lease could not be renewed')(error)
      })
      .finally(() => (renewing = undefined))
    lookSoon(renewing)
  }

  function lookSoon(first: Promise<void>): void {
    looking ??= first
      .then(() => (closed ? undefined : look()))
      .catch(failed('the other machines could not be looked after'))
      .finally(() => (looking = undefined))
  }

  function lookIn(ms: number): void {
    clearTimeout(early)
    if (ms < beatMs && !closed) early = setTimeout(() => lookSoon(Promise.resolve()), ms)
  }

  return {
    machines: () => machines,
    async start() {
      beat()
      timer = setInterval(beat, beatMs)
      await looking
    },
    async close() {
      closed = true
      clearInterval(timer)
      clearTimeout(early)
      await renewing
      await looking
      // Nobody need wait until its silence is long enough.
      await signOff(ledger, self.home, owner).catch(() => {})
    },
  }
}
