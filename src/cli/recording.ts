import type { CloudEvent } from '../ledger/event.ts'
import type { Api } from './api.ts'
import { ThreewaysError, unavailable } from '../kernel/errors.ts'

export type Recorded = { readonly recorded: number; /** Stood there already. */ readonly duplicates: number }

/** Records a batch, all of it or none. @throws ThreewaysError as `Api.record` */
export async function recordBatch(api: Api, events: readonly CloudEvent[]): Promise<Recorded> {
  if (events.length === 0) return { recorded: 0, duplicates: 0 }
  const receipts = await api.record(events)
  const duplicates = receipts.filter(({ duplicate }) => duplicate).length
  return { recorded: receipts.length - duplicates, duplicates }
}

/**
 * Works on an import. Where the server goes away meanwhile, it is said how far it came, and that the same command goes on.
 * @param soFar - what is recorded; asked for when it goes away
 */
export async function recording(soFar: () => string | Promise<string>, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.kind !== 'unavailable') throw error
    const { code, message, help } = error
    throw unavailable(code, {
      message: `${message}; ${await soFar()}`,
      help: `${help === undefined ? '' : `${help}; `}the same command then goes on, and records nothing twice`,
      cause: error,
    })
  }
}
