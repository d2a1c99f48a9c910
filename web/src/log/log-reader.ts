import { asProblem, type Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { LogLines, type LogLine } from './log-lines.ts'

/** What is known of a log now. A new object whenever anything changed; `lines` is the same array, grown. */
export type LogState = {
  readonly lines: readonly LogLine[]
  /** Lines at the start that are not kept here. */
  readonly dropped: number
  readonly complete: boolean
  readonly problem: Problem | undefined
  /** Bytes after which it stopped reading by itself, because there is so much. */
  readonly longAt: number | undefined
}

const pollMs = 600
const retryMs = 3_000
/** While much arrives at once, the screen is told this often. */
const tellMs = 120
/** Reading on past this is a person's choice. */
const pauseAfterBytes = 48 * 1024 * 1024

/** Reads one step's log while it is written, by chunks from where it stopped. */
export class LogReader {
  state: LogState = { lines: [], dropped: 0, complete: false, problem: undefined, longAt: undefined }
  readonly #path: string
  readonly #log = new LogLines()
  readonly #decoder = new TextDecoder()
  readonly #listeners = new Set<() => void>()
  #offset = 0
  #limit = pauseAfterBytes
  #telling: ReturnType<typeof setTimeout> | undefined
  #abort: AbortController | undefined

  constructor(run: string, step: string) {
    this.#path = `/api/runs/${encodeURIComponent(run)}/log?step=${encodeURIComponent(step)}`
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly start = (): void => {
    this.stop()
    if (this.state.complete) return
    const abort = new AbortController()
    this.#abort = abort
    void this.#readUntil(abort.signal)
  }

  readonly stop = (): void => {
    this.#abort?.abort()
  }

  readonly readOn = (): void => {
    this.#limit = this.#offset + pauseAfterBytes
    this.#tell({ longAt: undefined })
    this.start()
  }

  async #readUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.state.complete) {
      if (this.#offset >= this.#limit) return this.#tell({ longAt: this.#offset })
      try {
        const more = await this.#readChunk(signal)
        if (!more && !this.state.complete) await pause(pollMs)
      } catch (error) {
        if (signal.aborted) return
        this.#tell({ problem: asProblem(error) })
        await pause(retryMs)
      }
    }
  }

  /** @returns whether anything came */
  async #readChunk(signal: AbortSignal): Promise<boolean> {
    const response = await request(`${this.#path}&offset=${this.#offset}`, { signal })
    const bytes = await response.arrayBuffer()
    if (signal.aborted) return false
    const next = Number(response.headers.get('x-next-offset') ?? this.#offset + bytes.byteLength)
    const complete = response.headers.get('x-complete') === 'true'
    const moved = bytes.byteLength > 0 && next !== this.#offset
    // The server kept a log within its bounds meanwhile: what is left of it begins anew.
    if (moved && next < this.#offset) this.#log.append('\n\x1b[33m… the log was shortened here …\x1b[0m\n')
    if (moved) this.#log.append(this.#decoder.decode(bytes, { stream: !complete }))
    if (moved) this.#offset = next
    if (moved || complete || this.state.problem !== undefined) this.#tell({ complete, problem: undefined }, !moved || complete)
    return moved
  }

  #tell(change: Partial<LogState>, atOnce = true): void {
    this.state = { ...this.state, lines: this.#log.lines, dropped: this.#log.dropped, ...change }
    if (!atOnce) {
      this.#telling ??= setTimeout(this.#tellNow, tellMs)
      return
    }
    this.#tellNow()
  }

  readonly #tellNow = (): void => {
    clearTimeout(this.#telling)
    this.#telling = undefined
    for (const listener of this.#listeners) listener()
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
