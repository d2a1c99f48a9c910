import { Client } from 'pg'
import type { Config } from './connection.ts'

/**
 * Tells listeners of new heads: of this process at once, of others through LISTEN. Connects only while somebody listens, and
 * again when the database comes back; what was missed meanwhile is told then.
 */
export class Listening {
  private readonly listeners = new Set<(head: number) => void>()
  private readonly callees = new Set<(text: string) => void>()
  private readonly config: Config
  private client: Client | undefined
  private retry: NodeJS.Timeout | undefined
  private told = 0
  private closed = false

  constructor(config: Config) {
    this.config = config
  }

  add(listener: (head: number) => void): () => void {
    return this.join(this.listeners, listener)
  }

  addCallee(listener: (text: string) => void): () => void {
    return this.join(this.callees, listener)
  }

  private join<T>(listeners: Set<(said: T) => void>, listener: (said: T) => void): () => void {
    // Each its own, though the same function listens twice.
    const own = (said: T): void => listener(said)
    listeners.add(own)
    if (!this.client && !this.retry) void this.connect(1)
    return () => {
      listeners.delete(own)
      if (this.isIdle()) void this.disconnect()
    }
  }

  private isIdle(): boolean {
    return this.listeners.size === 0 && this.callees.size === 0
  }

  tell(head: number): void {
    if (head <= this.told) return
    this.told = head
    for (const listener of this.listeners) listener(head)
  }

  async close(): Promise<void> {
    this.closed = true
    this.listeners.clear()
    this.callees.clear()
    await this.disconnect()
  }

  private async connect(attempt: number): Promise<void> {
    const client = new (this.config.Client ?? Client)(this.config)
    this.client = client
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === 'threeways_ledger') this.tell(Number(payload))
      else for (const callee of this.callees) callee(payload)
    })
    const lost = (): void => {
      if (this.client === client) this.again(attempt)
    }
    client.on('error', lost)
    client.on('end', lost)
    try {
      await client.connect()
      await client.query('listen threeways_ledger; listen threeways_call')
      attempt = 1
      const { rows } = await client.query<{ seq: number }>('select seq from ledger_head')
      this.tell(rows[0]!.seq)
    } catch {
      lost()
    }
  }

  private again(attempt: number): void {
    void this.disconnect()
    if (this.closed || this.isIdle()) return
    this.retry = setTimeout(
      () => {
        this.retry = undefined
        void this.connect(attempt + 1)
      },
      Math.min(100 * 2 ** attempt, 5_000),
    )
    this.retry.unref()
  }

  private async disconnect(): Promise<void> {
    clearTimeout(this.retry)
    this.retry = undefined
    const client = this.client
    this.client = undefined
    await client?.end().catch(() => {})
  }
}
