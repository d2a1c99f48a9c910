import { useSyncExternalStore } from 'react'

const key = 'threeways-token'
const listeners = new Set<() => void>()
let token = read()

function read(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** Undefined forgets it. Kept for this tab only. */
export function setToken(next: string | undefined): void {
  token = next
  try {
    if (next === undefined) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, next)
  } catch {
    // Storage is blocked: the token lives as long as the page.
  }
  for (const listener of listeners) listener()
}

/** Takes `#token=…` out of the address bar, before anything can copy it from there. */
export function adoptToken(): void {
  const offered = new URLSearchParams(location.hash.slice(1)).get('token')
  if (offered === null) return
  history.replaceState(history.state, '', location.pathname + location.search)
  if (offered !== '') setToken(offered)
}

export function currentToken(): string | undefined {
  return token
}

/** @returns a function that ends it */
export function onToken(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useToken(): string | undefined {
  return useSyncExternalStore(onToken, currentToken)
}
