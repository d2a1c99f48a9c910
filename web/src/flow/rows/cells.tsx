import type { ReactNode } from 'react'
import { DigestLink } from '../../piece/digest.tsx'

/** Ours have a story; of others it is only known what they are called. */
export function Version({ of }: { readonly of: string }) {
  if (/^sha256:[0-9a-f]{64}$/.test(of)) return <DigestLink digest={of} />
  return (
    <span className="mono" title={of}>
      {briefOf(of)}
    </span>
  )
}

/** The first of a long hash say which it is: `release-8a5c80ebf9…`. */
const briefOf = (version: string) => version.replaceAll(/([0-9a-f]{10})[0-9a-f]{10,}/g, '$1…')

/** A moment to the minute, UTC. */
export function At({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={`${at} (UTC)`}>
      {at.slice(0, 10)} <span className="soft">{at.slice(11, 16)}</span>
    </time>
  )
}

/** What is not over, or went wrong: by its word first, then by its colour. */
export function Signal({ of, children }: { readonly of: 'stop' | 'wait'; readonly children: ReactNode }) {
  return <span className={`signal-${of} flow-went`}>{children}</span>
}

export const lasted = (from: string, to: string) => Date.parse(to) - Date.parse(from)
