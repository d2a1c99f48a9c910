import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { percentile } from '../ledger/percentile.ts'

const connections = 16
/** Ticks that Linux counts a process's time in, each second. */
const ticks = 100

export type Asked = {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: (unit: string) => object
  readonly seconds: number
  /** Of the server that answers. */
  readonly pid: number
}

export type Answered = {
  readonly perSecond: number
  /** For each second that the server computed; undefined where nobody says how long it did. */
  readonly perProcessorSecond: number | undefined
  readonly p99: number
  /** Of the last answer. */
  readonly bytes: number
}

/** As fast as 16 connections ask, each for another unit every time. */
export async function load({ url, headers, body, seconds, pid }: Asked): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const took: number[] = []
  let unit = 0
  let bytes = 0
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const from = performance.now()
      const text = JSON.stringify(body(`unit-${unit++}`))
      const sent = { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const asked = request(url, { method: 'POST', agent, headers: sent }, (response) => {
        let length = 0
        response.on('data', (part: Buffer) => (length += part.length))
        response.on('end', () => {
          took.push(performance.now() - from)
          bytes = length
          if (response.statusCode === 200) resolve()
          else reject(new Error(`${url}: ${response.statusCode}`))
        })
      })
      asked.on('error', reject)
      asked.end(text)
    })
  const until = async (end: number) => {
    while (performance.now() < end) await once()
  }
  const all = (ms: number) => {
    const end = performance.now() + ms
    return Promise.all(Array.from({ length: connections }, () => until(end)))
  }
  // The first second is for compilers on both sides.
  await all(1_000)
  took.length = 0
  const computed = await computedBy(pid)
  const began = performance.now()
  await all(seconds * 1_000)
  const passed = (performance.now() - began) / 1_000
  const busy = computed === undefined ? undefined : (await computedBy(pid))! - computed
  agent.destroy()
  return {
    perSecond: took.length / passed,
    perProcessorSecond: busy === undefined ? undefined : took.length / busy,
    p99: percentile(took, 99),
    bytes,
  }
}

/** In words; `each`: flags that one answer is about. */
export function inWords({ perSecond, perProcessorSecond, p99, bytes }: Answered, each = 1): string {
  const evaluations = each === 1 ? '' : ` (${(perSecond * each).toFixed(0)} evaluations/s)`
  const computed = perProcessorSecond === undefined ? '' : `, ${perProcessorSecond.toFixed(0)} for each second that it computed`
  return `${perSecond.toFixed(0)} answers/s${evaluations}${computed}; p99 ${p99.toFixed(1)} ms; ${(bytes / 1024).toFixed(1)} KiB each`
}

/** Lets a process and all of its threads run on one processor only. @returns false: there is no way to, and it may use all of them */
export const onProcessor = (pid: number, processor: number): boolean =>
  spawnSync('taskset', ['-acp', String(processor), String(pid)], { stdio: 'ignore' }).status === 0

/** Seconds that a process has computed so far, all threads of it; undefined: this system does not say. */
async function computedBy(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // What comes before may hold spaces: the program's name, in brackets.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / ticks
}
