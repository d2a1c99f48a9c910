import type { Waiting } from '../schemas.ts'
import type { Work } from '../work.ts'

export type Labels = Readonly<Record<string, string>>

/** A server or a worker, as deciding sees it. */
export type Machine = {
  readonly home: string
  readonly role: 'server' | 'worker'
  readonly name: string
  readonly labels: Labels
  readonly capacity: number
  /** Steps it works on. */
  readonly busy: number
  /** It showed itself a moment ago. */
  readonly alive: boolean
  /** A person said that it never comes back. */
  readonly forgotten: boolean
}

/** What is known of a step that may begin, beside what it does. */
export type Need = {
  readonly work: Work
  readonly labels: Labels
  /** It is given some, and these only servers can open. */
  readonly secrets: boolean
  /** It deploys, or asks for the addresses of an environment. */
  readonly environment: string | undefined
  /** Home of the server on which that environment stands. */
  readonly environmentPlace: string | undefined
  /** Home of the machine where the run's checkout stands. */
  readonly place: string | null
  /** Home of the server that has the repository. */
  readonly origin: string | null
  /** Whether others can have the commit's source too. */
  readonly sourceShared: boolean
}

export type Answer = 'yes' | 'another' | Omit<Waiting, 'since'>

/** Whether this machine takes a step: the same for the same machines, whoever asks. Pure. */
export function assign(need: Need, taker: Pick<Machine, 'home' | 'role' | 'labels'>, machines: readonly Machine[]): Answer {
  if (need.environment !== undefined) return onItsServer(need, need.environment, taker, machines)
  if (!isMaking(need.work) || (need.secrets && taker.role === 'worker')) return taker.role === 'server' ? 'yes' : 'another'
  if (!sourceReaches(need, taker)) return withoutSource(need, machines)
  const wanted = Object.keys(need.labels).length > 0
  const able = machines.filter(
    (machine) => machine.alive && mayOpen(need, machine) && fits(need.labels, machine.labels) && sourceReaches(need, machine),
  )
  if (wanted && !fits(need.labels, taker.labels)) return able.length > 0 ? 'another' : nobodyFits(need.labels)
  // Where the checkout stands, unless what is wanted is not there: elsewhere it would have to be made again.
  const there = able.find(({ home }) => home === need.place)
  if (there !== undefined) return there.home === taker.home ? 'yes' : 'another'
  if (taker.role === 'worker') return 'yes'
  // Workers are there to take load off the servers.
  const free = able.filter(({ busy, capacity }) => busy < capacity)
  if (free.some(({ role }) => role === 'worker')) return 'another'
  // The server that has the repository need not fetch anything.
  return need.origin !== taker.home && free.some(({ home }) => home === need.origin) ? 'another' : 'yes'
}

/** What needs a checkout and nothing else of a server: any machine can do it. */
export const isMaking = ({ kind }: Work): boolean => kind === 'checkout' || kind === 'build' || kind === 'candidate' || kind === 'check'

const mayOpen = (need: Need, { role }: Pick<Machine, 'role'>) => role === 'server' || !need.secrets

const fits = (wanted: Labels, has: Labels) => Object.entries(wanted).every(([name, value]) => has[name] === value)

/** A worker has everything from a server, which has it from the depot or its own repository. */
const sourceReaches = (need: Need, { home, role }: Pick<Machine, 'home' | 'role'>) =>
  need.sourceShared || need.origin === null || need.origin === home || role === 'worker'

function onItsServer(need: Need, environment: string, taker: Pick<Machine, 'home' | 'role'>, machines: readonly Machine[]): Answer {
  const { environmentPlace: place } = need
  if (taker.role !== 'server') return 'another'
  const server = machines.find(({ home }) => home === place)
  // Of a server that nobody knows nothing is left to wait for.
  if (place === undefined || place === taker.home || server?.forgotten === true) return 'yes'
  if (server?.alive === true) return 'another'
  return away(`environment "${environment}" stands on`, place, server)
}

const withoutSource = ({ origin }: Need, machines: readonly Machine[]): Answer => {
  const server = machines.find(({ home }) => home === origin)
  return server?.alive === true ? 'another' : away('the repository is on', origin!, server)
}

const away = (what: string, home: string, server: Machine | undefined): Answer => ({
  kind: 'server',
  why: `${what} server "${server?.name ?? home}", which is away`,
  for: `that server to come back; if it never will: threeways machines forget ${server?.name ?? home}`,
})

const nobodyFits = (labels: Labels): Answer => {
  const written = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return {
    kind: 'worker',
    why: `no worker here has ${written.join(', ')}`,
    for: `a machine with ${written.join(', ')}`,
  }
}
