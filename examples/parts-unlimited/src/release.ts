import { type Client, createClient } from '@threeways/sdk'
import { log } from './telemetry.ts'

/** What is deployed and not released to everybody. Nothing of it waits for the server of flags; without it all is as before. */
export type Release = {
  /** The order form in the basket, or on a page of its own. An experiment. */
  formIn(visitor: string | undefined): 'basket' | 'page'
  /** Stock taken line by line, or of all lines in one statement. A ramp. */
  stockTaken(visitor: string | undefined): 'line by line' | 'at once'
  /** Gives what there is, and plays the new chat behind it. Dark. */
  chat(visitor: string | undefined, now: () => readonly string[], next: () => Promise<readonly string[]>): readonly string[]
  /** Told beside who was shown what. */
  did(visitor: string | undefined, what: 'ordered' | 'paid' | 'checkout-failed', value?: number): void
  isAlone(): boolean // Flags are asked for, and never came.
  close(): Promise<void>
}

/** @param url - of the flags of this environment; empty: there are none */
export function openRelease(url: string, token: string): Release {
  const flags: Client = createClient({ ...(url && { url }), ...(token && { token }) })
  flags.on((event) => log('info', `flags: ${event.type}`, event.type === 'error' ? { error: event.error.message } : {}))
  /** Who has no name yet gets what there was before, and counts for nothing. */
  const given = (flag: string, visitor: string | undefined, before: string | boolean) =>
    visitor === undefined ? before : flags.evaluate(flag, { targetingKey: visitor }, before).value
  return {
    formIn: (visitor) => (given('order-form', visitor, 'basket') === 'page' ? 'page' : 'basket'),
    stockTaken: (visitor) => (given('stock-at-once', visitor, false) === true ? 'at once' : 'line by line'),
    chat: (targetingKey, control, candidate) =>
      targetingKey === undefined ? control() : flags.dark('chat', { targetingKey }, { control, candidate, noise: 0.2 }),
    did: (targetingKey, what, value) => targetingKey !== undefined && flags.track(what, { targetingKey }, value),
    isAlone: () => url !== '' && flags.status() === 'starting',
    close: () => flags.close(),
  }
}
