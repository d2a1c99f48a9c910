import { useCallback, useSyncExternalStore } from 'react'
import { heard, onChange } from './live.ts'
import { asProblem, Problem } from './problem.ts'
import { request } from './request.ts'

/** `data` stays while newer data loads or fails to: an old answer and an error can stand side by side. */
export type Answer<T> = { readonly data: T | undefined; readonly problem: Problem | undefined }

/** Not asked more often than this, however much happens; what takes long to answer is asked less often still. */
const coalesceMs = 150
const restPerWork = 4
const keptAnswers = 60
const empty: Answer<never> = { data: undefined, problem: undefined }

type Entry = {
  answer: Answer<unknown>
  text: string
  askedAt: number
  /** How long the last answer took. */
  tookMs: number
  asking: boolean
  again: boolean
  timer: ReturnType<typeof setTimeout> | undefined
  readonly readers: Set<() => void>
  /** Readers that want to know of changes. */
  watching: number
}
const entries = new Map<string, Entry>()

function entryOf(path: string): Entry {
  let entry = entries.get(path)
  if (entry === undefined) {
    entry = {
      answer: empty,
      text: '',
      askedAt: 0,
      tookMs: 0,
      asking: false,
      again: false,
      timer: undefined,
      readers: new Set(),
      watching: 0,
    }
    entries.set(path, entry)
    forgetOldest()
  }
  return entry
}

function forgetOldest(): void {
  for (const [path, entry] of entries) {
    if (entries.size <= keptAnswers) return
    if (entry.readers.size === 0) entries.delete(path)
  }
}

function schedule(path: string, entry: Entry): void {
  if (entry.asking) {
    entry.again = true
    return
  }
  const pause = Math.max(coalesceMs, entry.tookMs * restPerWork)
  entry.timer ??= setTimeout(() => void ask(path, entry), Math.max(0, entry.askedAt + pause - Date.now()))
}

async function ask(path: string, entry: Entry): Promise<void> {
  entry.timer = undefined
  entry.asking = true
  entry.again = false
  entry.askedAt = Date.now()
  try {
    const text = await (await request(path)).text()
    heard()
    // The same bytes are the same answer: nothing renders.
    if (text !== entry.text || entry.answer.problem !== undefined) {
      entry.text = text
      entry.answer = { data: JSON.parse(text), problem: undefined }
      tell(entry)
    }
  } catch (error) {
    entry.answer = { data: entry.answer.data, problem: asProblem(error) }
    tell(entry)
  } finally {
    entry.asking = false
    entry.tookMs = Date.now() - entry.askedAt
    if (entry.again && entry.readers.size > 0) schedule(path, entry)
  }
}

function tell(entry: Entry): void {
  for (const reader of entry.readers) reader()
}

onChange(() => {
  for (const [path, entry] of entries) if (entry.watching > 0) schedule(path, entry)
})

/** The answer to a GET, asked again whenever something changed. Undefined path: nothing is asked. */
export function useQuery<T>(path: string | undefined): Answer<T> {
  return useAnswer<T>(path, true)
}

/** The answer to a GET that stays true, such as what two candidates differ in: asked once. */
export function useFixed<T>(path: string | undefined): Answer<T> {
  return useAnswer<T>(path, false)
}

function useAnswer<T>(path: string | undefined, watches: boolean): Answer<T> {
  const subscribe = useCallback(
    (reader: () => void) => {
      if (path === undefined) return () => undefined
      const entry = entryOf(path)
      entry.readers.add(reader)
      if (watches) entry.watching += 1
      if (watches || entry.answer.data === undefined) schedule(path, entry)
      return () => {
        entry.readers.delete(reader)
        if (watches) entry.watching -= 1
      }
    },
    [path, watches],
  )
  return useSyncExternalStore(subscribe, () => (path === undefined ? empty : (entries.get(path)?.answer ?? empty)) as Answer<T>)
}

const refreshers = new Set<() => void>()

/** For answers that are kept elsewhere. */
export function onRefresh(refresher: () => void): void {
  refreshers.add(refresher)
}

/** After an action of this page, without waiting for the live stream. */
export function refresh(): void {
  for (const refresher of refreshers) refresher()
  for (const [path, entry] of entries) if (entry.readers.size > 0) schedule(path, entry)
}
