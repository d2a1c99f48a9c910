import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const key = 'threeways-theme'
const order: readonly Theme[] = ['system', 'light', 'dark']

function stored(): Theme {
  try {
    const theme = localStorage.getItem(key)
    return theme === 'light' || theme === 'dark' ? theme : 'system'
  } catch {
    return 'system'
  }
}

/** Before the first paint. */
export function startTheme(): void {
  apply(stored())
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, theme)
  } catch {
    // Storage is blocked: it holds until the page is left.
  }
}

/** The theme, and a function that goes to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(stored)
  const next = () => {
    const following = order[(order.indexOf(theme) + 1) % order.length] ?? 'system'
    apply(following)
    setTheme(following)
  }
  return [theme, next]
}
