import { useState } from 'react'

/** What somebody began to write, of which revision. */
export type Draft = { readonly text: string; readonly revision: number }

/**
 * A text that outlives the page, in this tab: whoever looks something up elsewhere finds it again.
 * @param of - whose it is
 * @param start - what stands
 */
export function useDraft(of: string, start: Draft) {
  const key = `threeways draft ${of}`
  const [draft, setDraft] = useState<Draft>(() => kept(key) ?? start)
  return {
    draft,
    write(text: string): void {
      const next = { ...draft, text }
      setDraft(next)
      if (text === start.text && draft.revision === start.revision) sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, JSON.stringify(next))
    },
    /** Begins again with what stands. */
    drop(): void {
      sessionStorage.removeItem(key)
      setDraft(start)
    },
  }
}

function kept(key: string): Draft | undefined {
  const text = sessionStorage.getItem(key)
  return text === null ? undefined : (JSON.parse(text) as Draft)
}
