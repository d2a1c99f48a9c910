import type { CloudEvent } from '../ledger/event.ts'
import type { Api } from './api.ts'

export type Recorded = { readonly recorded: number; /** Stood there already. */ readonly duplicates: number }

/** Records a batch, all of it or none. @throws ThreewaysError as `Api.record` */
export async function recordBatch(api: Api, events: readonly CloudEvent[]): Promise<Recorded> {
  if (events.length === 0) return { recorded: 0, duplicates: 0 }
  const receipts = await api.record(events)
  const duplicates = receipts.filter(({ duplicate }) => duplicate).length
  return { recorded: receipts.length - duplicates, duplicates }
}
