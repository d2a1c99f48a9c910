import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Depot } from '../../flow/pipeline/worker/depot.ts'
import { removeTree } from '../../flow/candidate/folders.ts'
import { packTree, unpackTree } from '../../flow/candidate/parcel.ts'
import type { Held } from '../../flow/pipeline/engine/runs.ts'
import type { Assignment } from '../../flow/pipeline/worker/work-desk.ts'
import type { WorkerCard, WorkerEnd } from '../../flow/pipeline/worker/work-schemas.ts'
import { isSystemError, kindOf, messageOf, ThreewaysError, unavailable } from '../../kernel/errors.ts'
import type { Problem } from '../../kernel/http.ts'

/** Of an artifact, in one request. */
const partBytes = 4 * 1024 * 1024
/** A server that does not answer for so long is asked anew; a last part of an artifact takes its time. */
const patience = { shortMs: 5_000, longMs: 60_000 }
/** So often a folder is fetched that does not arrive whole. */
const transfersMax = 5

export type Courier = ReturnType<typeof makeCourier>

/** A worker's way to its server: what is asked is asked again until it is answered, or refused. */
export function makeCourier(server: string, token: string, card: WorkerCard, closed: AbortSignal) {
  const base = `${server.replace(/\/+$/, '')}/api/work`
  const authorization = `Bearer ${token}`

  async function ask(path: string, init: RequestInit, timeoutMs: number): Promise<Response> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closed])
    const response = await fetch(`${base}${path}`, { ...init, signal, headers: { authorization, ...init.headers } }).catch(
      (error: unknown) => {
        const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
        throw unavailable('SERVER_UNREACHABLE', {
          message: `no server answers at ${server}: ${cause}`,
          help: 'correct --server, or start it',
          cause: error,
        })
      },
    )
    if (response.ok) return response
    throw await problemOf(response)
  }

  async function post<T>(path: string, body: unknown, timeoutMs: number): Promise<T> {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return (await (await ask(path, init, timeoutMs)).json()) as T
  }

  async function send(path: string, bytes: Uint8Array, timeoutMs: number): Promise<number> {
    const init = { method: 'POST', body: Buffer.from(bytes), headers: { 'content-type': 'application/octet-stream' } }
    return ((await (await ask(path, init, timeoutMs)).json()) as { next: number }).next
  }

  /** Again until it is answered, or pointless. What is refused is refused for ever. */
  async function insist<T>(work: () => Promise<T>, pointless: AbortSignal = closed): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        return await work()
      } catch (error) {
        const passes = error instanceof ThreewaysError && (error.kind === 'unavailable' || error.kind === 'internal')
        if (!passes || closed.aborted || pointless.aborted) throw error
        await sleep(Math.min(100 * 2 ** failures, 2_000), undefined, { signal: closed }).catch(() => {})
      }
    }
  }

  const query = (step: Held, more: Readonly<Record<string, string | number>> = {}) =>
    new URLSearchParams(
      Object.entries({ home: card.home, run: step.run, name: step.name, fence: step.fence, ...more }).map(
        ([name, value]): [string, string] => [name, String(value)],
      ),
    ).toString()

  return {
    insist,
    beat: (holding: readonly Held[]) => post<{ kept: Held[]; cancelled: Held[] }>('/beat', { worker: card, holding }, patience.shortMs),
    take: (holding: readonly Held[], waitMs: number) =>
      post<{ given: Assignment[] }>('/take', { worker: card, holding, waitMs }, waitMs + patience.longMs),
    end: (step: Held, how: WorkerEnd, holding: readonly Held[], leaving: boolean) =>
      post<{ given: Assignment[]; runOver: boolean }>('/end', { worker: card, holding, step, how, leaving }, patience.shortMs),
    log: (step: Held, offset: number, bytes: Uint8Array) => send(`/log?${query(step, { offset })}`, bytes, patience.shortMs),
    /** Where a step gets its source and the artifact, and brings what it made. */
    depotOf: (step: Held): Depot => ({
      wants: async () => false,
      async get(name, folder) {
        const what = name.startsWith('artifact ') ? 'artifact' : 'source'
        for (let tries = 1; ; tries++) {
          const response = await insist(() => ask(`/${what}?${query(step)}`, {}, 10 * patience.longMs))
          const broken = await unpackTree(Readable.fromWeb(response.body as never), folder).then(() => undefined, interrupted)
          if (broken === undefined) return true
          if (tries === transfersMax || closed.aborted) throw broken
          await removeTree(folder)
        }
      },
      async put(name, folder) {
        const digest = name.slice('artifact '.length)
        let offset = 0
        for await (const { bytes, isLast } of inParts(await packTree(folder))) {
          const next = await insist(() =>
            send(`/artifact?${query(step, { offset, digest, last: String(isLast) })}`, bytes, patience.longMs),
          )
          offset += bytes.length
          if (next !== offset)
            throw unavailable('ARTIFACT_INTERRUPTED', {
              message: `the artifact arrived up to byte ${next} instead of ${offset}`,
              help: 'run the step again',
            })
        }
      },
    }),
  }
}

/** What broke off on the way says nothing against the change. @throws what this machine's disk refuses, `PARCEL_TOO_LARGE` */
function interrupted(error: unknown): ThreewaysError {
  if (isSystemError(error) || (error instanceof ThreewaysError && error.kind === 'tooLarge')) throw error
  return unavailable('TRANSFER_INTERRUPTED', {
    message: `what the server sent did not arrive whole: ${messageOf(error)}`,
    help: 'run the step again; if it stays so, look after the network',
    cause: error,
  })
}

/** The last one is known to be it. */
async function* inParts(stream: Readable): AsyncGenerator<{ bytes: Uint8Array; isLast: boolean }> {
  let waiting: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    if (size + (piece as Buffer).length > partBytes) {
      yield { bytes: Buffer.concat(waiting), isLast: false }
      waiting = []
      size = 0
    }
    waiting.push(piece as Buffer)
    size += (piece as Buffer).length
  }
  yield { bytes: Buffer.concat(waiting), isLast: true }
}

async function problemOf(response: Response): Promise<ThreewaysError> {
  const { code = 'SERVER_STRANGE', detail, help } = ((await response.json().catch(() => undefined)) ?? {}) as Partial<Problem>
  return new ThreewaysError(kindOf(response.status) ?? 'unavailable', code, {
    message: detail ?? `the server answered ${response.status} and no reason`,
    ...(help === undefined ? {} : { help }),
  })
}
