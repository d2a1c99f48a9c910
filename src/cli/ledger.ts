import { createWriteStream, type ReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode, notFound, refused } from '../kernel/errors.ts'
import type { RecordedEvent } from '../ledger/event.ts'
import { rebuildProjections, verifyProjections } from '../ledger/rebuild.ts'
import { openKeyRing } from '../kernel/signing/key-ring.ts'
import { systemClock } from '../kernel/clock.ts'
import { openLog, type Log } from '../ledger/proof/log.ts'
import { exportLedger, importLedger } from '../ledger/transfer.ts'
import { openHome, openHomeThere } from '../server/home.ts'
import { openStore } from '../server/store.ts'
import { sentenceOf } from '../server/sentences.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import { databaseUrlOf, homeFolder, type CliContext } from './context.ts'
import { during } from './ending.ts'
import { shortType, typesMeant } from './event-types.ts'

type EventsFlags = ConnectFlags & { json: boolean; follow: boolean; limit: number; type?: string; run?: string }

type Page = (more: Readonly<Record<string, string>>, of?: URLSearchParams) => Promise<readonly RecordedEvent[]>

/** Prints the latest events, oldest first; with `follow` also those to come. */
export async function events(this: CliContext, flags: EventsFlags): Promise<void> {
  await withApi(this, flags, async (api) => {
    const query = new URLSearchParams(flags.run === undefined ? {} : { chain: flags.run })
    for (const type of await typesOf(api, flags)) query.append('type', type)
    const page: Page = async (more, of = query) =>
      (await api.get<{ events: RecordedEvent[] }>(`/api/events?${of}&${new URLSearchParams(more)}`)).events
    const latest = (await page({ order: 'newest', limit: String(flags.limit) })).toReversed()
    if (latest.length === 0 && !flags.follow) await sayWhyNone(this, flags, page)
    for (const event of latest) tell(this, event, flags.json)
    for (let after = latest.at(-1)?.seq ?? 0; flags.follow; await sleep(300)) {
      for (const event of await page({ after: String(after), limit: '500' })) {
        tell(this, event, flags.json)
        after = event.seq
      }
    }
  })
}

async function typesOf(api: Api, { type }: EventsFlags): Promise<readonly string[]> {
  if (type === undefined) return []
  const { kinds } = await api.get<{ kinds: { type: string }[] }>('/api/event-kinds')
  return typesMeant(
    type,
    kinds.map((kind) => kind.type),
  )
}

/** @throws ThreewaysError `RUN_NOT_FOUND` */
async function sayWhyNone({ output }: CliContext, { type, run }: EventsFlags, page: Page): Promise<void> {
  const [one] = run === undefined || type === undefined ? [] : await page({ limit: '1' }, new URLSearchParams({ chain: run }))
  if (run !== undefined && one === undefined)
    throw notFound('RUN_NOT_FOUND', {
      message: `no event belongs to a run "${run}"`,
      help: '`threeways status` names the runs of deliveries here; events of runs elsewhere: --type pipelinerun.finished',
    })
  output.say(
    type === undefined ? 'nothing is recorded yet' : `nothing of type "${type}"${run === undefined ? '' : ' in this run'} is recorded yet`,
  )
}

function tell({ output }: CliContext, recorded: RecordedEvent, json: boolean): void {
  if (json) {
    output.jsonLine(recorded)
    return
  }
  const { seq, recordedAt, event } = recorded
  output.result(
    `${String(seq).padStart(6)}  ${output.colour.dim(event.time ?? recordedAt)}  ${output.colour.cyan(shortType(event.type).padEnd(28))}  ${sentenceOf(recorded) ?? event.subject ?? ''}`,
  )
}

/** A file appears whole or not at all. A device or pipe is written to and left in its place. */
export async function exportTo(this: CliContext, flags: { home?: string }, file: string): Promise<void> {
  await withStore(this, flags.home, false, async (ledger, log) => {
    if (file === '-') {
      await pipeline(exportLedger(ledger, log), this.process.stdout, { end: false })
      return
    }
    const target = path.resolve(this.cwd, file)
    const there = await stat(target).catch(() => undefined)
    if (there !== undefined && !there.isFile()) {
      await pipeline(exportLedger(ledger, log), createWriteStream(target))
      return
    }
    const beside = `${target}.new`
    try {
      await pipeline(exportLedger(ledger, log), createWriteStream(beside, { mode: 0o600, flush: true }))
      await rename(beside, target)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
    const head = await ledger.head()
    this.output.say(`${head} events are in ${file}`)
    const covered = (await log.latest())?.size ?? 0
    if (covered < head)
      this.output.say(`${head - covered} of them are under no checkpoint: the key that signs them is not in this data folder`)
  })
}

export async function importFrom(this: CliContext, flags: { home?: string }, file: string): Promise<void> {
  const source = file === '-' ? this.process.stdin : await readable(path.resolve(this.cwd, file))
  await withStore(this, flags.home, true, async (ledger) => {
    const { lines, recorded, duplicates } = await importLedger(ledger, source, file, (progress) =>
      this.output.say(`${progress.lines} lines`),
    )
    this.output.result(`${lines} lines: ${recorded} events recorded, ${duplicates} were there already`)
  })
}

/** @throws ThreewaysError `FILE_NOT_FOUND` */
async function readable(file: string): Promise<ReadStream> {
  const info = await stat(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (info === undefined || info.isDirectory())
    throw notFound('FILE_NOT_FOUND', { message: `there is no file "${file}"`, help: 'name one that `threeways ledger export` wrote' })
  return (await open(file)).createReadStream()
}

export async function rebuild(this: CliContext, flags: { home?: string; check: boolean }): Promise<void> {
  await withStore(this, flags.home, false, async (ledger) => {
    const progress = (done: number, of: number) => this.output.say(`${done} of ${of} events`)
    if (!flags.check) {
      await rebuildProjections(ledger, progress)
      this.output.result(`every projection is made anew from ${await ledger.head()} events`)
      return
    }
    const differences = await verifyProjections(ledger, progress)
    if (differences.length === 0) {
      this.output.result('every projection is what its events say')
      return
    }
    throw refused('PROJECTIONS_DIFFER', {
      message: `projections differ from what the events say: ${differences.map(({ projection }) => projection).join(', ')}`,
      help: 'make them anew with `threeways ledger rebuild`, and report how it came to this',
    })
  })
}

/** Opens the ledger beside whoever else has it open. */
export async function withStore(
  context: CliContext,
  told: string | undefined,
  makes: boolean,
  work: (ledger: Awaited<ReturnType<typeof openStore>>['ledger'], log: Log) => Promise<void>,
): Promise<void> {
  const databaseUrl = databaseUrlOf(context.env)
  const open = async () => {
    const home = await (makes || databaseUrl !== undefined ? openHome : openHomeThere)(homeFolder(context, told))
    const ring = await openKeyRing(home.folder, systemClock.instant())
    const say = (message: string) => context.output.say(context.output.colour.dim(message))
    const store = await openStore({ home, databaseUrl, revive: false, log: say })
    return { ...store, log: openLog(store.ledger, () => ring, systemClock) }
  }
  await during(context, open, ({ ledger, log }) => work(ledger, log))
}
