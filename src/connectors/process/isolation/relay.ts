import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, launch, type Detached } from '../../../kernel/detached.ts'
import { writeDurably } from '../../../kernel/durable-file.ts'
import { identify, isAlive, signalGroup } from '../../../kernel/process.ts'
import { makeTurns } from '../../../kernel/turns.ts'
import { marks } from '../variables.ts'

/** Name of the relay among what carries marks, so that it is not taken for an orphan. */
export const relayInstance = 'relay'
export const databaseSocket = 'postgres.sock'

type Kept = { readonly process: Detached; readonly port: number }

const program = path.join(import.meta.dirname, 'bridge.mjs')

/**
 * Leads isolated services to the database server of this machine: from a unix socket to its port. The server's own socket would
 * not do, for it lets its owner in as superuser. One small process per home, which outlives us as the services do.
 */
export function makeRelay(home: string, homeId: string) {
  const folder = path.join(home, 'relay')
  const record = path.join(folder, 'relay.json')
  const inTurn = makeTurns<string>()
  const watching = new AbortController()
  let kept: Kept | undefined
  let isWatched = false

  async function ensure(port: number): Promise<void> {
    kept ??= await readRecord(record)
    if (kept?.port === port && (await isAlive(kept.process.identity))) return
    await end()
    await mkdir(path.join(folder, 'net'), { recursive: true, mode: 0o700 })
    const exitFile = path.join(folder, 'exit')
    await rm(exitFile, { force: true })
    const links = [{ at: `net/${databaseSocket}`, to: port }]
    const detached = await launch({
      command: [process.execPath, program, JSON.stringify({ links })],
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', [marks.home]: homeId, [marks.instance]: relayInstance },
      logFile: path.join(folder, 'log'),
      exitFile,
    })
    kept = { process: detached, port }
    await writeDurably(record, `${JSON.stringify(kept)}\n`)
  }

  async function end(): Promise<void> {
    if (kept && (await isAlive(kept.process.identity))) {
      signalGroup(kept.process.identity.pid, 'SIGKILL')
      await ended(kept.process)
    }
    kept = undefined
  }

  /** Services that hold a connection must not wait for their next start. */
  async function watch(): Promise<void> {
    while (!watching.signal.aborted) {
      await sleep(1_000, undefined, { signal: watching.signal, ref: false }).catch(() => {})
      const port = kept?.port
      if (port !== undefined && !watching.signal.aborted) await inTurn(relayInstance, () => ensure(port)).catch(() => {})
    }
  }

  return {
    /** Where the socket is, for those that may use it. */
    folder: path.join(folder, 'net'),

    /** It runs, and leads to this port of 127.0.0.1. Safe to repeat. */
    async lead(port: number): Promise<void> {
      await inTurn(relayInstance, () => ensure(port))
      if (!isWatched) void watch()
      isWatched = true
    },

    /** @param how - `leave`: whoever comes next goes on with it */
    async close(how: 'stop' | 'leave'): Promise<void> {
      watching.abort()
      await inTurn(relayInstance, async () => {
        kept ??= await readRecord(record)
        if (how === 'leave') return
        await end()
        await rm(folder, { recursive: true, force: true })
      })
    },
  }
}

export type Relay = ReturnType<typeof makeRelay>

async function readRecord(file: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Kept
    // Of an earlier boot, or killed: another may have its pid.
    return (await identify(kept.process.identity.pid)) ? kept : undefined
  } catch {
    return undefined
  }
}
