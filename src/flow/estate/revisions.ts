import type { EstateRow } from './schemas.ts'

/** What changed since an answer that the asker has. */
export type Changes = {
  /** Names this answer: asked with it again, only what changed since is told. */
  readonly version: string
  /** These are all rows, not only those that changed. */
  readonly whole: boolean
  /** Rows as JSON. */
  readonly rows: readonly string[]
  /** Streams that are not there any more. */
  readonly gone: readonly string[]
}

/**
 * Remembers since when each row says what it says. Kept in memory only: whoever comes with the version of another server, or of
 * one that has ended, is told everything.
 *
 * @param epoch - names this memory; no other one has it
 */
export function makeRevisions(epoch: string) {
  const known = new Map<string, { readonly text: string; readonly since: number }>()
  const gone = new Map<string, number>()
  let revision = 0

  return {
    /** Takes in all rows as they are now. */
    see(rows: readonly EstateRow[]): void {
      const next = revision + 1
      const there = new Set<string>()
      for (const row of rows) {
        there.add(row.stream)
        const text = JSON.stringify(row)
        if (known.get(row.stream)?.text === text) continue
        known.set(row.stream, { text, since: next })
        gone.delete(row.stream)
        revision = next
      }
      for (const stream of known.keys()) {
        if (there.has(stream)) continue
        known.delete(stream)
        gone.set(stream, next)
        revision = next
      }
    },

    /** @param version - of the answer that is known; anything else gets all rows */
    since(version: string | undefined): Changes {
      const [theirs, at] = version?.split('.') ?? []
      const from = theirs === epoch && /^\d+$/.test(at ?? '') && Number(at) <= revision ? Number(at) : undefined
      return {
        version: `${epoch}.${revision}`,
        whole: from === undefined,
        rows: [...known.values()].flatMap(({ text, since }) => (since > (from ?? -1) ? [text] : [])),
        gone: from === undefined ? [] : [...gone].flatMap(([stream, since]) => (since > from ? [stream] : [])),
      }
    },
  }
}
