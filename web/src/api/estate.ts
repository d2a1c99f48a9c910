import { useSyncExternalStore } from 'react'
import { requestOrEarly } from './early.ts'
import { heard, onChange } from './live.ts'
import { asProblem } from './problem.ts'
import { onRefresh, type Answer } from './query.ts'
import { onToken } from './session.ts'
import type { Estate, EstateRow } from './types.ts'

/** Not asked more often than this, nor more than half of the time: the server shares one look among all who ask. */
const coalesceMs = 150
const restPerWork = 1

type Rows = readonly EstateRow[]
let answer: Answer<Rows> = { data: undefined, problem: undefined }
let rows = new Map<string, EstateRow>()
let version: string | undefined
let asking = false
let again = false
let askedAt = 0
let tookMs = 0
let timer: ReturnType<typeof setTimeout> | undefined
const readers = new Set<() => void>()

function set(next: Answer<Rows>): void {
  answer = next
  for (const reader of readers) reader()
}

function schedule(): void {
  if (readers.size === 0) return
  if (asking) {
    again = true
    return
  }
  timer ??= setTimeout(() => void ask(), Math.max(0, askedAt + Math.max(coalesceMs, tookMs * restPerWork) - Date.now()))
}

async function ask(): Promise<void> {
  timer = undefined
  asking = true
  again = false
  askedAt = Date.now()
  try {
    const path = version === undefined ? '/api/estate' : `/api/estate?since=${encodeURIComponent(version)}`
    take((await (await requestOrEarly(path)).json()) as Estate)
    heard()
  } catch (error) {
    set({ data: answer.data, problem: asProblem(error) })
  } finally {
    asking = false
    tookMs = Date.now() - askedAt
    if (again) schedule()
  }
}

/** Rows that did not change stay the same objects: nothing of them renders again. */
function take({ version: of, whole, gone, streams }: Estate): void {
  version = of
  const changed = whole || gone.length + streams.length > 0
  if (whole) rows = new Map()
  for (const stream of gone) rows.delete(stream)
  for (const row of streams) rows.set(row.stream, row)
  if (changed || answer.problem !== undefined)
    set({ data: changed || answer.data === undefined ? [...rows.values()] : answer.data, problem: undefined })
}

onChange(schedule)
onRefresh(schedule)
// Another token may see another estate.
onToken(() => {
  version = undefined
})

function subscribe(reader: () => void): () => void {
  readers.add(reader)
  schedule()
  return () => readers.delete(reader)
}

/** Every value stream in one row. Asked whole once, then only for what changed. */
export function useEstate(): Answer<Rows> {
  return useSyncExternalStore(subscribe, () => answer)
}
