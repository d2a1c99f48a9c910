type Leaving = {
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}
type Host = Leaving & {
  readonly document?: Leaving & { readonly visibilityState?: string }
  readonly process?: { once?(event: 'beforeExit', listener: () => void): void; off?(event: 'beforeExit', listener: () => void): void }
}

/** Calls back when a page is hidden or left, or a process has nothing left to do. @returns a function that ends it */
export function onLeave(leave: () => void): () => void {
  const host = globalThis as unknown as Host
  const hidden = (): void => {
    if (host.document?.visibilityState === 'hidden') leave()
  }
  if (host.document === undefined) host.process?.once?.('beforeExit', leave)
  else {
    host.addEventListener?.('pagehide', leave)
    host.document.addEventListener?.('visibilitychange', hidden)
  }
  return () => {
    host.process?.off?.('beforeExit', leave)
    host.removeEventListener?.('pagehide', leave)
    host.document?.removeEventListener?.('visibilitychange', hidden)
  }
}
