import { useEffect } from 'react'
import { useQuery } from '../api/query.ts'
import type { EstateSummary } from '../api/types.ts'
import moving from '../favicon/moving.svg'
import open from '../favicon/open.svg'
import stopped from '../favicon/stopped.svg'
import unknown from '../favicon/unknown.svg'

const icons = { unknown, open, moving, stopped }

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title
  }, [title])
}

/** On every page the tab's sign is the worst any line is in: a tab in the background says it too. */
export function useFavicon(): void {
  const { data } = useQuery<EstateSummary>('/api/estate/summary')
  const lamp = data === undefined ? 'unknown' : lampOf(data)
  useEffect(() => {
    document.querySelector('link[rel="icon"]')?.setAttribute('href', icons[lamp])
  }, [lamp])
}

function lampOf({ streams, stops, underWay }: EstateSummary): keyof typeof icons {
  if (streams === 0) return 'unknown'
  if (stops > 0) return 'stopped'
  return underWay > 0 ? 'moving' : 'open'
}
