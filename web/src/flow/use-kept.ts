import { useState } from 'react'
import type { Answer } from '../api/query.ts'

/** The last answer stays in sight until that of another window is there. */
export function useKept<T>({ data, problem }: Answer<T>, of: string): Answer<T> & { readonly old: boolean } {
  const [kept, setKept] = useState<{ readonly of: string; readonly data: T }>()
  if (data !== undefined && (kept?.data !== data || kept.of !== of)) setKept({ of, data })
  const shown = data ?? (kept?.of === of ? kept.data : undefined)
  return { data: shown, problem, old: data === undefined && shown !== undefined }
}
