import { useEffect, useState } from 'react'
import { asProblem, type Problem } from '../api/problem.ts'
import { act } from '../api/request.ts'
import type { FlagPreview } from '../api/types.ts'

/** What publishing a text would do, or why it cannot be. `of`: the text that this is said of. */
export type Previewed = { readonly of: string; readonly preview?: FlagPreview; readonly problem?: Problem }

const pauseMs = 250

/** Asks the server what publishing a flag's file would do, whenever somebody stops typing. */
export function usePreview(text: string, file: string): Previewed | undefined {
  const [said, setSaid] = useState<Previewed>()
  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(() => void previewed(text, file, abort.signal).then((next) => next !== undefined && setSaid(next)), pauseMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text, file])
  return said
}

/** Undefined: somebody went on typing. */
async function previewed(text: string, file: string, signal: AbortSignal): Promise<Previewed | undefined> {
  try {
    const response = await act('/api/flags/preview', { files: [{ document: text, file }] }, { signal })
    const { flags } = (await response.json()) as { readonly flags: readonly FlagPreview[] }
    return { of: text, preview: flags[0]! }
  } catch (error) {
    return signal.aborted ? undefined : { of: text, problem: asProblem(error) }
  }
}
