import { useEffect } from 'react'
import { useQuery } from '../api/query.ts'
import type { Estate } from '../api/types.ts'
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
  const { data } = useQuery<Estate>('/api/estate')
  const lamp = data === undefined ? 'unknown' : lampOf(data.streams)
  useEffect(() => {
    document.querySelector('link[rel="icon"]')?.setAttribute('href', icons[lamp])
  }, [lamp])
}

function lampOf(streams: Estate['streams']): keyof typeof icons {
  if (streams.length === 0) return 'unknown'
  if (streams.some(({ stops }) => stops.length > 0)) return 'stopped'
  return streams.some(({ underWay }) => underWay > 0) ? 'moving' : 'open'
}
