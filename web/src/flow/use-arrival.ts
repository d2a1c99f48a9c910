import { useEffect } from 'react'

/** Brings what a link named into sight, once it is there: it comes after the page. */
export function useArrival(id: string): void {
  useEffect(() => {
    if (location.hash === `#${id}`) document.getElementById(id)?.scrollIntoView({ block: 'start' })
  }, [id])
}
