import { useEffect, useRef, useState } from 'react'
import { asProblem, type Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { LogLines } from './log-lines.ts'

const pollMs = 600
const retryMs = 3_000
/** Reading on past this is a person's choice. */
const pauseAfterBytes = 48 * 1024 * 1024

export type LogState = {
  readonly log: LogLines
  readonly complete: boolean
  readonly problem: Problem | undefined
  /** Bytes read when it stopped by itself because there is so much. */
  readonly longAt: number | undefined
  readonly readOn: () => void
}

/** Follows a step's log while it is written. @param paused - reads nothing until it is false again */
export function useLog(run: string, step: string, paused: boolean): LogState {
  const log = useRef(new LogLines())
  const at = useRef({ offset: 0, decoder: new TextDecoder(), limit: pauseAfterBytes, complete: false })
  const [, setVersion] = useState(0)
  const [problem, setProblem] = useState<Problem>()
  const [round, setRound] = useState(0)

  useEffect(() => {
    if (paused || at.current.complete) return
    const abort = new AbortController()
    const path = `/api/runs/${encodeURIComponent(run)}/log?step=${encodeURIComponent(step)}`
    const read = async () => {
      while (!abort.signal.aborted && at.current.offset < at.current.limit) {
        const more = await readChunk(path, at.current, log.current, abort.signal)
        setProblem(undefined)
        setVersion(log.current.version + (at.current.complete ? 0.5 : 0))
        if (at.current.complete) return
        if (!more) await pause(pollMs)
      }
      setVersion(log.current.version + 0.25)
    }
    const readUntilAborted = async (): Promise<void> => {
      await read().catch(async (error: unknown) => {
        if (abort.signal.aborted) return
        setProblem(asProblem(error))
        await pause(retryMs)
        if (!abort.signal.aborted) await readUntilAborted()
      })
    }
    void readUntilAborted()
    return () => abort.abort()
  }, [run, step, paused, round])

  const { offset, limit, complete } = at.current
  return {
    log: log.current,
    complete,
    problem,
    longAt: !complete && offset >= limit ? offset : undefined,
    readOn: () => {
      at.current.limit = offset + pauseAfterBytes
      setRound((before) => before + 1)
    },
  }
}

type Place = { offset: number; decoder: TextDecoder; limit: number; complete: boolean }

/** @returns whether anything came */
async function readChunk(path: string, place: Place, log: LogLines, signal: AbortSignal): Promise<boolean> {
  const response = await request(`${path}&offset=${place.offset}`, { signal })
  const bytes = await response.arrayBuffer()
  if (signal.aborted) return false
  const next = Number(response.headers.get('x-next-offset') ?? place.offset + bytes.byteLength)
  place.complete = response.headers.get('x-complete') === 'true'
  const moved = next > place.offset
  if (moved) place.offset = next
  if (moved) log.append(place.decoder.decode(bytes, { stream: !place.complete }))
  return moved
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
