import { useEffect } from 'react'

export type LineLamp = 'unknown' | 'open' | 'moving' | 'stopped'

/** The tab says it too: title and favicon. */
export function useDocumentState(title: string, lamp: LineLamp): void {
  useEffect(() => {
    document.title = title
  }, [title])
  useEffect(() => {
    const href = `/favicon-${lamp}.svg`
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (icon !== null && icon.getAttribute('href') !== href) icon.setAttribute('href', href)
  }, [lamp])
}
