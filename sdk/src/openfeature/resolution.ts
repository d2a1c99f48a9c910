import type { Client } from '../client/client.ts'
import type { Evaluation } from '../evaluate/evaluator.ts'
import type { Metadata } from '../evaluate/flag-set.ts'

/** What an OpenFeature provider answers, where the SDKs for servers and browsers say the same. */
export type Resolution<T, Code> = {
  value: T
  reason: string
  variant?: string
  errorCode?: Code
  errorMessage?: string
  flagMetadata: Metadata
}

/** The codes are OpenFeature's own, by name. The rule that fired is told where the flag is one of ours. */
export function resolutionOf<T, Code>({
  value,
  variant,
  reason,
  errorCode,
  errorMessage,
  metadata,
  rule,
  revision,
}: Evaluation): Resolution<T, Code> {
  return {
    value: value as T,
    reason,
    ...(variant === undefined ? {} : { variant }),
    ...(errorCode === undefined ? {} : { errorCode: errorCode as Code }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    flagMetadata: revision === undefined ? metadata : Object.freeze({ ...metadata, 'tw.rule': rule }),
  }
}

/** Events of a client as those of a provider; `ready` only after the start, which the SDKs tell themselves. */
export function forwardEvents(
  client: Client,
  emit: { readonly ready: () => void; readonly stale: () => void; readonly changed: (keys: string[]) => void },
) {
  let started = false
  const end = client.on((event) => {
    if (event.type === 'changed') emit.changed([...event.keys])
    else if (event.type === 'stale') emit.stale()
    else if (event.type === 'ready' && started) emit.ready()
  })
  return { end, started: () => void (started = true) }
}

const unrecoverable = [401, 403, 404]

/**
 * Waits for flags.
 * @returns undefined, or what is wrong: `fatal` when the server says that it will not answer whoever asks like that
 */
export async function startOf(client: Client, waitMs: number): Promise<{ readonly fatal: boolean; readonly message: string } | undefined> {
  let why = `there are no flags after ${waitMs} ms`
  const refused = new Promise<true>((resolve) => {
    client.on((event) => {
      if (event.type !== 'error') return
      why = event.error.message
      if (unrecoverable.includes((event.error as { status?: number }).status ?? 0) && client.status() === 'starting') resolve(true)
    })
  })
  const outcome = await Promise.race([client.ready(waitMs), refused.then(() => 'fatal' as const)])
  return outcome === true ? undefined : { fatal: outcome === 'fatal', message: why }
}
