import type { Clock } from '../../kernel/clock.ts'
import { conflict, invalid, notFound, refused } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { parity } from '../definition/parity.ts'
import { serviceRemoved } from '../deployment/events.ts'
import type { Lives } from './life/life.ts'
import { openDrifts, type OpenDrift } from './drift/on-record.ts'
import { environmentCreated, environmentDeleted } from './events.ts'
import { allOnRecord, makersOnRecord, onRecord, servicesOnRecord } from './on-record.ts'
import { allTo, type Desired, type EnvironmentId, type EnvironmentProvider, type Observed, type Progress } from './provider.port.ts'
import { migrateOwn } from '../migration/own-environment.ts'
import { currentPolicy } from '../policy/policies.ts'
import { awakeWithinQuotas, withinQuotas, type Holding } from './quota.ts'
import type { EnvironmentView, ParityView } from './schemas.ts'

const source = '/threeways/environments'
/** So long one that was allowed counts though nobody begins to make it. */
const comingMs = 60_000
const namePattern = /^[a-z][a-z0-9-]{0,39}$/

export type EnvironmentShop = {
  readonly ledger: Ledger
  readonly provider: EnvironmentProvider
  readonly clock: Clock
  readonly newId: NewId
  /** A built candidate as it should run under these settings. */
  desiredOf(candidate: string, settings: string): Promise<{ readonly stream: string; readonly desired: Desired }>
  /** Latest versions of secrets, of those that have a value. */
  secretVersions(stream: string, settings: string, names: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The stage that owns this environment: only its pipeline changes it. */
  ownerOf(environment: EnvironmentId): Promise<string | undefined>
  readonly lives: Lives
  /** Puts right what has drifted. @returns what that was */
  heal(environment: EnvironmentId): Promise<readonly string[]>
}

export type Wanted = {
  readonly candidate: string
  readonly settings: string
  readonly name: string
  /** How long it lives. @defaultValue what its settings say */
  readonly ttlMs?: number | undefined
  readonly by: string
}

const policyUnreadable = (why: string) => refused('POLICY_UNREADABLE', { message: `the server's policy cannot be read: ${why}` })

/** What a new environment was given of what the policy grants. */
type Room = { begin(): void; leave(): void }
const unlimited: Room = { begin() {}, leave() {} }

export type Environments = ReturnType<typeof makeEnvironments>

/** Environments that people ask for, beside those of the pipeline's stages. */
export function makeEnvironments(shop: EnvironmentShop) {
  const { ledger, provider, clock, newId, lives } = shop
  const coming = new Map<EnvironmentId, Holding>()
  provider.rest?.guardWaking(refuseWithoutRoom)
  const told = (kind: typeof environmentCreated, id: EnvironmentId, settings: string, by?: string): CloudEvent =>
    event(
      kind,
      { id: newId(), time: clock.instant(), source, subject: id },
      { name: settings },
      { stream: id.split('/')[0]!, provider: provider.name, settings, ...(by === undefined ? {} : { by }), ephemeral: true },
    )

  return {
    /**
     * Plans it; until what this returns is called, nothing has happened.
     * @throws ThreewaysError `ENVIRONMENT_NAME`, `ENVIRONMENT_OWNED`, `ENVIRONMENT_UNKNOWN`; then `SERVICE_UNHEALTHY`
     */
    async up({ candidate, settings, name, ttlMs, by }: Wanted) {
      const { stream, desired } = await shop.desiredOf(candidate, settings)
      const id = idOf(`${stream}/${name}`)
      await refuseOwned(id)
      const plan = await provider.plan({ environment: id, deployments: [desired], shares: allTo(desired) })
      const room = await takeRoom(id, desired, by)
      return async (watch: (progress: Progress) => void, signal?: AbortSignal): Promise<EnvironmentView> => {
        room.begin()
        try {
          const making = migrateOwn(shop, id, desired, watch, signal).then(() => provider.apply(plan, watch, signal))
          const [made] = await Promise.allSettled([making])
          const lifeMs = ttlMs ?? desired.rendered.definition.environments[settings]?.ttlMs
          const until = await putOnRecord(id, { settings, lifeMs, by }, made.status === 'fulfilled')
          if (made.status === 'rejected') throw made.reason
          return await view(made.value, [], until)
        } finally {
          room.leave()
        }
      }
    },

    async list(): Promise<readonly EnvironmentView[]> {
      const [ids, drifts, all] = [await provider.list(), await openDrifts(ledger), await lives.all()]
      return Promise.all(ids.map(async (id) => view(await provider.observe(id), drifts.get(id) ?? [], all.get(id)?.until ?? null)))
    },

    /** @throws ThreewaysError `ENVIRONMENT_NOT_FOUND` */
    async show(name: string): Promise<EnvironmentView> {
      const observed = await existing(name)
      const { environment: id } = observed
      return view(observed, (await openDrifts(ledger)).get(id) ?? [], (await lives.all()).get(id)?.until ?? null)
    },

    /**
     * Puts right once what has drifted, whatever the definition asks for.
     * @returns what that was
     * @throws ThreewaysError `ENVIRONMENT_NOT_FOUND`, `DRIFT_UNWATCHED`, `DATA_NOT_HEALED`, and why it could not be put right
     */
    async heal(name: string): Promise<readonly string[]> {
      const { environment } = await existing(name)
      return shop.heal(environment)
    },

    /**
     * Nothing of it is left. Also for one that a killed server destroyed without saying so.
     * @throws ThreewaysError `ENVIRONMENT_NOT_FOUND`, `ENVIRONMENT_OWNED`
     */
    async down(name: string): Promise<void> {
      const id = oneOf([...new Set([...(await provider.list()), ...(await allOnRecord(ledger))])], name)
      await refuseOwned(id)
      await provider.destroy(id)
      const stream = id.split('/')[0]!
      const removed = [...(await servicesOnRecord(ledger, id)).keys()].map((service) =>
        event(serviceRemoved, { id: newId(), time: clock.instant(), source, subject: service }, { environment: { id } }, { stream }),
      )
      const settings = (await onRecord(ledger, id))?.settings ?? id.split('/')[1]!
      await ledger.append([...removed, told(environmentDeleted, id, settings)])
    },

    /**
     * Brings what should run there to what it should be now: what ended is started, what was given an older version of a secret
     * gets the new one. The candidate stays.
     * @throws ThreewaysError `ENVIRONMENT_NOT_FOUND`, `NOTHING_RUNS`; `SERVICE_UNHEALTHY`
     */
    async apply(name: string, settingsOf: (id: EnvironmentId) => Promise<string>): Promise<EnvironmentView> {
      const { id, traffic, shares, shadow } = await runningIn(name)
      if (shares.some(({ percent }) => percent > 0 && percent < 100)) {
        const help = 'wait until its deployment has ended'
        throw conflict('ENVIRONMENT_BUSY', { message: `the traffic of ${id} is shared: a deployment is under way`, help })
      }
      const { desired } = await shop.desiredOf(traffic, await settingsOf(id))
      // What it gets copies of is its stage's to say, and stays.
      const copies = shadow && { shadow }
      const plan = await provider.plan({ environment: id, deployments: [desired], shares: allTo(desired), ...copies })
      return view(
        await provider.apply(plan, () => {}),
        (await openDrifts(ledger)).get(id) ?? [],
        (await lives.all()).get(id)?.until ?? null,
      )
    },

    /** How two environments differ in what they are. @throws ThreewaysError `ENVIRONMENT_NOT_FOUND`, `NOTHING_RUNS` */
    async diff(a: string, b: string, settingsOf: (id: EnvironmentId) => Promise<string>): Promise<ParityView> {
      const [left, right] = [await runningIn(a), await runningIn(b)]
      const [mine, other] = [
        await shop.desiredOf(left.traffic, await settingsOf(left.id)),
        await shop.desiredOf(right.traffic, await settingsOf(right.id)),
      ]
      const { declared, undeclared, same } = parity(mine.desired.rendered, other.desired.rendered)
      const view = (differences: typeof declared) =>
        differences.map(({ path, a: one, b: two }) => ({ path, a: one ?? null, b: two ?? null }))
      return {
        a: { id: left.id, candidate: left.traffic },
        b: { id: right.id, candidate: right.traffic },
        sameCandidate: left.traffic === right.traffic,
        declared: view(declared),
        undeclared: view(undeclared),
        same,
        passes: undeclared.length === 0,
      }
    },

    existing,
  }

  /** With what would be given now. */
  async function view(observed: Observed, drifts: readonly OpenDrift[], until: string | null): Promise<EnvironmentView> {
    const stream = observed.environment.split('/')[0]!
    const settings = (await onRecord(ledger, observed.environment))?.settings ?? observed.environment.split('/')[1]!
    const names = [...new Set(observed.services.flatMap(({ secrets = {} }) => Object.keys(secrets)))]
    return viewOf(observed, drifts, until, await shop.secretVersions(stream, settings, names))
  }

  async function existing(name: string): Promise<Observed> {
    return provider.observe(oneOf(await provider.list(), name))
  }

  async function runningIn(name: string) {
    const { environment: id, traffic, shares, shadow } = await existing(name)
    if (traffic === undefined)
      throw refused('NOTHING_RUNS', { message: `nothing runs in ${id}`, help: 'compare environments that run something' })
    return { id, traffic, shares, shadow }
  }

  /**
   * Says that it is there, and how long it lives. What failed and was not there before is there as well: it takes room, and ends
   * as others do.
   * @returns until when it lives
   */
  async function putOnRecord(
    id: EnvironmentId,
    { settings, lifeMs, by }: { readonly settings: string; readonly lifeMs: number | undefined; readonly by: string },
    isWell: boolean,
  ): Promise<string | null> {
    const before = await onRecord(ledger, id)
    if (!isWell && (before !== undefined || !(await provider.list()).includes(id))) return null
    // Also when a server that was killed had made it and said nothing, and when it is made from other settings now.
    if (before?.settings !== settings) await ledger.append([told(environmentCreated, id, settings, by)])
    const hasEnd = lifeMs !== undefined || (await lives.all()).get(id)?.until
    return hasEnd ? lives.extend(id, lifeMs, by) : null
  }

  /**
   * Behind the policy as it is now; one that cannot be read grants nothing. What was given counts from now on: until `begin` for
   * a minute, then until `leave`, when it is on record.
   */
  async function takeRoom(id: EnvironmentId, { rendered }: Desired, by: string): Promise<Room> {
    const current = await currentPolicy(ledger)
    if ('unreadable' in current) throw policyUnreadable(current.unreadable)
    if (current.policy.quotas === undefined) return unlimited
    const services = Object.values(rendered.definition.services)
    const sum = (what: 'memoryBytes' | 'cpus') =>
      services.reduce((total, { limits, replicas = 1 }) => total + (limits?.[what] ?? 0) * replicas, 0)
    const wanted = { id, by, isStages: false, asleep: false, memoryBytes: sum('memoryBytes'), cpus: sum('cpus') }
    // One that arrives while we look may be seen by neither.
    const before = new Map(coming)
    const there = (await holdings()).map((one) => [one.id, one] as const)
    withinQuotas(current.policy.quotas, wanted, [...new Map<string, Holding>([...there, ...before, ...coming]).values()])
    const { leave, given } = giveRoom(wanted)
    return {
      begin() {
        clearTimeout(given)
        coming.set(id, wanted)
      },
      leave,
    }
  }

  /** Counts as there until it is, or a minute at most. */
  function giveRoom(wanted: Holding & { readonly id: EnvironmentId }) {
    coming.set(wanted.id, wanted)
    const leave = () => void (coming.get(wanted.id) === wanted && coming.delete(wanted.id))
    return { leave, given: setTimeout(leave, comingMs).unref() }
  }

  /** While it slept, others may have been given what it had. Those of stages are never kept from waking. */
  async function refuseWithoutRoom(id: EnvironmentId): Promise<void> {
    const current = await currentPolicy(ledger)
    if ('unreadable' in current) throw policyUnreadable(current.unreadable)
    if (current.policy.quotas === undefined) return
    const before = new Map(coming)
    const there = await holdings()
    const mine = there.find((one) => one.id === id)
    if (mine === undefined || mine.isStages) return
    const wanted = { ...mine, id, asleep: false }
    const held = new Map<string, Holding>([...there.map((one) => [one.id, one] as const), ...before, ...coming])
    awakeWithinQuotas(current.policy.quotas, wanted, [...held.values()])
    giveRoom(wanted)
  }

  async function holdings(): Promise<readonly Holding[]> {
    const makers = await makersOnRecord(ledger)
    return Promise.all(
      (await provider.list()).map(async (id) => {
        const rest = provider.rest?.rest(id)
        const isStages = (await shop.ownerOf(id)) !== undefined || !makers.has(id)
        const { memoryBytes, cpus } = rest?.reserved ?? { memoryBytes: 0, cpus: 0 }
        return { id, by: makers.get(id), isStages, asleep: rest?.asleep !== undefined, memoryBytes, cpus }
      }),
    )
  }

  async function refuseOwned(id: EnvironmentId): Promise<void> {
    const stage = await shop.ownerOf(id)
    if (stage === undefined) return
    throw refused('ENVIRONMENT_OWNED', {
      message: `${id} is the environment of stage ${stage}: only candidates that pass its gates change it`,
      help: 'deliver a commit, or give your own environment another --name',
    })
  }
}

function oneOf(ids: readonly EnvironmentId[], name: string): EnvironmentId {
  const [only, ...others] = ids.filter((id) => id === name || id.endsWith(`/${name}`))
  if (only === undefined) {
    const help = ids.length === 0 ? 'make one with `threeways env up`' : `there are: ${ids.join(', ')}`
    throw notFound('ENVIRONMENT_NOT_FOUND', { message: `there is no environment "${name}"`, help })
  }
  if (others.length === 0) return only
  throw conflict('ENVIRONMENT_AMBIGUOUS', {
    message: `several environments are named "${name}"`,
    help: `say which: ${[only, ...others].join(', ')}`,
  })
}

function idOf(text: string): EnvironmentId {
  const name = text.split('/')[1]!
  if (namePattern.test(name)) return text as EnvironmentId
  throw invalid('ENVIRONMENT_NAME', {
    message: `"${name}" cannot name an environment`,
    help: 'lower case letters, digits and dashes, at most 40, a letter first',
  })
}

function viewOf(
  observed: Observed,
  drifts: readonly OpenDrift[],
  until: string | null,
  latest: ReadonlyMap<string, number>,
): EnvironmentView {
  const { environment, exists, traffic, shares, isolation, services, resources, urls } = observed
  return {
    id: environment,
    exists,
    traffic: traffic ?? null,
    shares: shares.map((share) => ({ ...share })),
    isolation: { ...isolation, why: isolation.why ?? null },
    services: services.map(({ service, candidate, role, replica, running, state, pid, port, restarts, since, problem, secrets = {} }) => ({
      service,
      candidate,
      role,
      replica,
      running: running ?? null,
      state,
      serving: shares.some((share) => share.percent > 0 && share.candidate === candidate && share.role === role),
      pid: pid ?? null,
      port: port ?? null,
      restarts,
      since,
      problem: problem ?? null,
      secrets: Object.entries(secrets).map(([name, version]) => ({ name, version, latest: latest.get(name) ?? null })),
    })),
    resources: [...resources],
    urls: { ...urls },
    limits: observed.limits ?? null,
    asleep: observed.asleep ?? null,
    untilWoken: observed.untilWoken ?? false,
    until,
    drift: drifts.map(({ subject, kind, expected, observed, since, response, reason }) => {
      return { kind, about: subject, expected, observed, since: new Date(since).toISOString(), response, reason: reason || null }
    }),
  }
}
