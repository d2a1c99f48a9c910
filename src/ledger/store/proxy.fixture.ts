import { connect, createServer, type Socket } from 'node:net'

/** A way to a server that a test can cut, freeze and mend. */
export type Proxy = {
  readonly port: number
  /** Every connection ends at once, and new ones too, until `mend`. */
  cut(): void
  /** Nothing passes any more and nobody is told: as when a cable is pulled. Until `mend`, for connections made after it. */
  freeze(): void
  mend(): void
  /** Cuts when this passes from the client to the server, before or after the server has seen it. */
  cutAt(text: string, when: 'before' | 'after'): void
  close(): Promise<void>
}

/**
 * @param to - a port of 127.0.0.1, or a unix socket
 * @param lead - says another database's name than the one asked for, which must be as long
 */
export async function openProxy(to: number | string, lead?: { readonly from: string; readonly to: string }): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'cut' | 'frozen' = 'open'
  let trap: { text: string; when: 'before' | 'after' } | undefined
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }
  const cut = () => {
    state = 'cut'
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    keep(client)
    if (state === 'cut') return void client.destroy()
    if (state === 'frozen') return void client.pause()
    const upstream = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1')
    keep(upstream)
    const born = state
    client.on('data', (data) => {
      if (state !== born) return
      const sprung = trap !== undefined && data.includes(trap.text) ? trap.when : undefined
      if (sprung === 'before') return cut()
      upstream.write(lead === undefined ? data : Buffer.from(data.toString('latin1').replaceAll(lead.from, lead.to), 'latin1'))
      // The server has time to do it; its answer does not arrive.
      if (sprung === 'after') {
        upstream.removeAllListeners('data')
        setTimeout(cut, 100)
      }
    })
    upstream.on('data', (data) => state === born && client.write(data))
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    cut,
    freeze: () => (state = 'frozen'),
    mend() {
      trap = undefined
      // What was frozen stays so: its other side has long given up.
      state = 'open'
    },
    cutAt: (text, when) => (trap = { text, when }),
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
