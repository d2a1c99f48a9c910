import { setTimeout as sleep } from 'node:timers/promises'
import {
  allTo,
  type Desired,
  type EnvironmentId,
  type EnvironmentProvider,
  type Observed,
  type ObservedService,
  type Progress,
  type Target,
} from './provider.port.ts'

/** What the fixture's web service answers. */
export type Told = {
  version: string
  /** As it sees itself: in a PID namespace of its own another than ours. */
  pid: number
  /** Of this process alone. */
  self: string
  env: Record<string, string>
  cwd: string
}

/** Where one behaviour of the contract is played: its environment, and whoever provides it at the moment. */
export class Stage {
  provider: EnvironmentProvider
  environment: EnvironmentId = 'shop/none'
  readonly #made = new Set<EnvironmentId>()
  #count = 0

  constructor(provider: EnvironmentProvider) {
    this.provider = provider
  }

  nextEnvironment(): EnvironmentId {
    const id: EnvironmentId = `shop/env-${++this.#count}`
    this.#made.add(id)
    return id
  }

  target(deployments: readonly Desired[], traffic: Desired | undefined): Target {
    return { environment: this.environment, deployments, shares: allTo(traffic) }
  }

  async bring(wanted: Target, watch: (progress: Progress) => void = () => {}): Promise<Observed> {
    return this.provider.apply(await this.provider.plan(wanted), watch)
  }

  /** Alone, in a new environment. */
  async deploy(desired: Desired): Promise<Observed> {
    this.environment = this.nextEnvironment()
    return this.bring(this.target([desired], desired))
  }

  async eventually(holds: (observed: Observed) => boolean): Promise<Observed> {
    for (;;) {
      const observed = await this.provider.observe(this.environment)
      if (holds(observed)) return observed
      await sleep(20)
    }
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#made].map((id) => this.provider.destroy(id)))
    this.#made.clear()
  }
}

export async function ask(observed: Observed, at = '/', service = 'web'): Promise<Told> {
  const answer = await fetch(`${observed.urls[service]}${at}`)
  return (await answer.json()) as Told
}

export function serviceOf(observed: Observed, service: string, desired?: Desired): ObservedService {
  const found = observed.services.find((one) => one.service === service && (!desired || one.candidate === desired.candidate))
  if (!found) throw new Error(`no ${service} in ${JSON.stringify(observed.services)}`)
  return found
}

export async function readAll<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

/** Four clients that ask on and on. */
export function keepAsking(url: string) {
  const over = new AbortController()
  const failed: string[] = []
  const versions = new Set<string>()
  let answered = 0
  const clients = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      try {
        const answer = await fetch(url)
        if (answer.status === 200) versions.add(((await answer.json()) as Told).version)
        else failed.push(`${answer.status} ${await answer.text()}`)
        answered++
      } catch (error) {
        failed.push(String(error))
      }
    }
  })
  return {
    async end() {
      over.abort()
      await Promise.all(clients)
      return { answered, failed, versions }
    },
  }
}
