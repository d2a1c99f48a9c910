import { connect } from 'node:net'
import { get } from 'node:http'
import { formatDuration } from '../../../kernel/duration.ts'
import { messageOf } from '../../../kernel/errors.ts'
import type { Ran } from '../../../kernel/process.ts'
import type { HealthCheck, Service } from '../../../flow/environment/provider.port.ts'
import type { Limits } from '../program/runner.ts'

/** How we find out whether a service is ready. Without a health check: its port answers, or (no port) it stays alive for a moment. */
export type Probing = Omit<HealthCheck, 'probe'> & {
  readonly probe: HealthCheck['probe'] | { readonly kind: 'listens' } | { readonly kind: 'lives'; readonly forMs: number }
}

const defaults = { intervalMs: 5_000, timeoutMs: 2_000, retries: 3, startPeriodMs: 30_000 }

export function probingOf(service: Service): Probing {
  if (service.health) return service.health
  if (service.port !== undefined) return { ...defaults, probe: { kind: 'listens' } }
  // Longer than a program takes to find that it cannot start.
  return { ...defaults, probe: { kind: 'lives', forMs: 300 } }
}

export type Verdict = 'starting' | 'ready' | 'unhealthy'

/**
 * Counts as Compose does: one success is enough, failures during the start period do not count, `retries` failures in a row
 * afterwards make it unhealthy. Before the first success we look more often than `interval`, but count no faster.
 */
export function judge(probing: Probing, startedAtMs: number) {
  let verdict: Verdict = 'starting'
  let failures = 0
  let countedAtMs = startedAtMs
  let looks = 0
  return {
    note(success: boolean, nowMs: number): Verdict {
      if (success) {
        failures = 0
        return (verdict = 'ready')
      }
      const counts = verdict === 'ready' || (nowMs >= startedAtMs + probing.startPeriodMs && nowMs >= countedAtMs + probing.intervalMs)
      if (!counts) return verdict
      failures++
      countedAtMs = nowMs
      if (failures >= probing.retries) verdict = 'unhealthy'
      return verdict
    },
    /** Until the next look. */
    waitMs(): number {
      looks++
      if (verdict === 'ready') return probing.intervalMs
      return Math.min(probing.intervalMs, 250, 10 * 1.4 ** looks)
    },
  }
}

export type ProbeTarget = {
  readonly host: string
  readonly port: number | null
  /** In a network of its own: the unix socket that leads to the port, and the one that says whether somebody listens there. */
  readonly sockets?: { readonly service: string; readonly listens: string }
  /** Runs a command where the service runs. */
  readonly run: (command: readonly string[], limits: Limits) => Promise<Ran>
  readonly startedAtMs: number
}

/** Asks once. @returns why it is not healthy, undefined when it is */
export async function probe(probing: Probing, target: ProbeTarget, signal: AbortSignal): Promise<string | undefined> {
  switch (probing.probe.kind) {
    case 'http':
      return probeHttp(probing.probe.path, probing.timeoutMs, target, signal)
    case 'command':
      return probeCommand(probing.probe.command, probing.timeoutMs, target, signal)
    case 'listens':
      return probePort(probing.timeoutMs, target, signal)
    case 'lives':
      return Date.now() - target.startedAtMs >= probing.probe.forMs ? undefined : 'it has just started'
  }
}

const isNobody = (code: unknown) => code === 'ECONNRESET' || code === 'ENOENT'

function nothingListens(target: ProbeTarget): string {
  if (target.sockets) return `nothing listens on ${target.host}:${target.port} of its own network`
  return `nothing listens on ${target.host}:${target.port} (as a plain process it must listen on $PORT)`
}

function probeHttp(path: string, timeoutMs: number, target: ProbeTarget, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { host, port, sockets } = target
    const address = sockets ? { socketPath: sockets.service } : { host, port }
    const asked = get({ ...address, path, agent: false, timeout: timeoutMs, signal }, (response) => {
      clearTimeout(timer)
      const status = response.statusCode ?? 0
      response.destroy()
      resolve(status >= 200 && status < 400 ? undefined : `GET ${path} answered ${status}`)
    })
    // A slow drip of headers keeps a socket busy for ever; the whole answer has this long.
    const timer = setTimeout(() => asked.destroy(new Error(`GET ${path} had no answer within ${formatDuration(timeoutMs)}`)), timeoutMs)
    asked.once('error', (error) => {
      clearTimeout(timer)
      // A link accepts for a service that does not, and breaks off.
      const isRefused = 'code' in error && (error.code === 'ECONNREFUSED' || (sockets !== undefined && isNobody(error.code)))
      resolve(isRefused ? nothingListens(target) : `GET ${path}: ${error.message}`)
    })
  })
}

async function probeCommand(
  command: readonly string[],
  timeoutMs: number,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = command.join(' ')
  try {
    const ran = await target.run(command, { timeoutMs, outputBytesMax: 4096, signal })
    if (ran.code === 0) return undefined
    const said = (ran.stderr || ran.stdout).trim()
    return `"${name}" ended with ${ran.code ?? ran.signal}${said === '' ? '' : `: ${said}`}`
  } catch (error) {
    return messageOf(error)
  }
}

function probePort(timeoutMs: number, target: ProbeTarget, signal: AbortSignal): Promise<string | undefined> {
  const { host, port, sockets } = target
  return new Promise((resolve) => {
    const socket = connect({ ...(sockets ? { path: sockets.listens } : { host, port: port! }), signal })
    const finish = (problem: string | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(problem)
    }
    const timer = setTimeout(() => finish(nothingListens(target)), timeoutMs)
    if (sockets) socket.once('data', (said) => finish(String(said) === 'yes' ? undefined : nothingListens(target)))
    else socket.once('connect', () => finish(undefined))
    socket.once('error', () => finish(nothingListens(target))).once('close', () => finish(nothingListens(target)))
  })
}
