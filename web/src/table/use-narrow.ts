import { useSyncExternalStore } from 'react'

// Kept in step with the style sheets.
const narrow = matchMedia('(max-width: 899.98px)')

/** Whether a row becomes a card. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (told) => {
      narrow.addEventListener('change', told)
      return () => narrow.removeEventListener('change', told)
    },
    () => narrow.matches,
  )
}
