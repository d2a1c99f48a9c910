import { useEffect, useRef } from 'react'

type Shortcut = { readonly keys: string; readonly what: string; readonly run: () => void }
const shortcuts = new Map<string, Shortcut>()

/** What the keys do on this page now, for the help. */
export function currentShortcuts(): readonly Shortcut[] {
  return [...shortcuts.values()]
}

/** While the component is shown, `keys` (as `KeyboardEvent.key`) runs `run`. */
export function useShortcut(keys: string, what: string, run: () => void): void {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    const own: Shortcut = { keys, what, run: () => latest.current() }
    shortcuts.set(keys, own)
    return () => {
      if (shortcuts.get(keys) === own) shortcuts.delete(keys)
    }
  }, [keys, what])
}

/** Inputs into which nothing is written. */
const unwritten = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'range', 'color', 'file', 'image'])

/** Whether whoever presses `key` there writes it, or chooses by it. */
export function means(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.tagName === 'TEXTAREA') return true
  if (target instanceof HTMLInputElement) return !unwritten.has(target.type)
  // A letter chooses what begins with it. No choice begins with these.
  return target.tagName === 'SELECT' && key !== '/' && key !== '?'
}

export function startKeyboard(): void {
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && document.querySelector('dialog[open]') === null) {
      event.preventDefault()
      shortcuts.get('/')?.run()
      return
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (means(event.key, event.target) || document.querySelector('dialog[open]') !== null) return
    const shortcut = shortcuts.get(event.key)
    if (shortcut === undefined) return
    event.preventDefault()
    shortcut.run()
  })
}

/** Moves focus to the next or previous `[data-move]` in reading order; Enter then does what the element does. */
export function moveFocus(by: 1 | -1): void {
  const stops = [...document.querySelectorAll<HTMLElement>('[data-move]')].filter((stop) => stop.offsetParent !== null)
  const at = stops.indexOf(document.activeElement as HTMLElement)
  const next = stops[at === -1 ? (by === 1 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}
