import { useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { addressOf, flowHref, windowIn } from './window.ts'

/** The questions that are asked of a stream, each a tab with an address of its own. */
export const views = ['overview', 'lead-time', 'batches', 'recovery', 'what-if', 'rows'] as const
export type View = (typeof views)[number]

/** Rows that stand behind a number. */
export const tables = ['versions', 'changes', 'ageing', 'deployments', 'back', 'failures', 'gates'] as const
export type Table = (typeof tables)[number]

/** Which of the rows: those of a bar or of a point. Numbers as `from-to`, where `to` is not in it any more; times in milliseconds. */
export type Narrowed = {
  /** Measured to another environment than the last. */
  readonly to?: string
  /** Of what is on its way: where it came to, and no further. */
  readonly in?: string
  /** Versions that a deployment brought. */
  readonly size?: string
  /** How long they took, or have waited. */
  readonly took?: string
  /** Deployments that may have brought a failure, or were made because of one. */
  readonly only?: 'failed' | 'rework'
  /** When: of deployments, when they came. */
  readonly when?: string
}

/** Where a stream's tabs and rows are, in the window that is looked at. */
export type Links = {
  readonly view: (view: View) => string
  /** The tab of what-ifs, with a change to begin with. */
  readonly tryOut: (change: string) => string
  readonly rows: (show: Table, narrowed?: Narrowed) => string
}

export const linksOf = (stream: string, address: Readonly<Record<string, string>>): Links => ({
  view: (view) => flowHref(stream, address, view === 'overview' ? undefined : view),
  tryOut: (change) => flowHref(stream, { ...address, try: change }, 'what-if'),
  rows: (show, narrowed = {}) => flowHref(stream, { ...address, show, ...narrowed }, 'rows'),
})

/** In the window of the address. */
export function useLinks(stream: string): Links {
  const [search] = useSearchParams()
  const { days, asOf } = windowIn(search)
  return useMemo(() => linksOf(stream, addressOf({ days, asOf })), [stream, days, asOf])
}

/** Failures with their moments, on the tab that is about them. */
export const rowsBelow = '#failures'
