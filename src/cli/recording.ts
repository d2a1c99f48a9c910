import type { CloudEvent } from '../ledger/event.ts'
import type { Api } from './api.ts'

export type Recorded = { readonly recorded: number; /** Stood there already. */ readonly duplicates: number }

/** Records a batch, all of it or none. @throws ThreewaysError as the server refuses it */
export async function recordBatch(api: Api, events: readonly CloudEvent[]): Promise<Recorded> {
  if (events.length === 0) return { recorded: 0, duplicates: 0 }
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  const response = await api.open('/api/events', { method: 'POST', headers, body: JSON.stringify(events) })
  const { receipts } = (await response.json()) as { receipts: readonly { readonly duplicate: boolean }[] }
  const duplicates = receipts.filter(({ duplicate }) => duplicate).length
  return { recorded: receipts.length - duplicates, duplicates }
}
