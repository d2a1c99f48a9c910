import { readMap } from '../connectors/csv/map.ts'
import { readCsv, type ReadRow } from '../connectors/csv/read.ts'
import { eventOf } from '../flow/history/record.ts'
import { makeBreath } from '../kernel/breath.ts'
import { formatDuration } from '../kernel/duration.ts'
import { ThreewaysError, type Fault } from '../kernel/errors.ts'
import type { CloudEvent } from '../ledger/event.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { openTable, textOf } from './input-file.ts'
import { recordBatch, recording } from './recording.ts'

type ImportFlags = ConnectFlags & { readonly map: string; readonly skipBad: boolean; readonly json: boolean }

const batchSize = 1000
/** While some are on their way to the disk, the next are read. */
const batchesAtOnce = 3
const progressMs = 200
const badShown = 20

/** Records what the rows of a table say. Interrupted, it is simply begun again: what stands there already stays. */
export async function importCsv(this: CliContext, flags: ImportFlags, file: string): Promise<void> {
  const map = readMap(await textOf(this, flags.map, 'docs/history.md shows a map'), flags.map)
  const input = await openTable(this, file)
  const work = async (api: Api) => {
    const into = new Recording(api, this)
    await recording(
      () => into.soFar(),
      () => recordAll(into),
    )
    into.tell(flags.json)
  }
  const recordAll = async (into: Recording) => {
    const source = `/imports/${map.name}`
    const record = async ({ line, told, bad, doubt }: ReadRow) => {
      if (bad && !flags.skipBad) throw bad
      if (doubt !== undefined) into.doubts.push(doubt)
      if (bad) into.leaveOut(bad.faults, told.length > 0)
      const events = told.map((one) => eventOf(one, source))
      await into.add(line, events)
    }
    try {
      const breath = makeBreath()
      for await (const row of readCsv(input, file, map, Date.now())) {
        await record(row)
        await breath()
      }
    } catch (error) {
      // What came before the bad row is good, and the message says that it is recorded.
      if (error instanceof ThreewaysError && error.code === 'CSV_INVALID') await into.flush()
      throw error
    }
    await into.flush()
  }
  await withApi(this, flags, work, { makesHome: true })
}

class Recording {
  rows = 0
  recorded = 0
  duplicates = 0
  readonly bad: Fault[] = []
  readonly doubts: string[] = []
  private wholeRows = 0
  private partsOfRows = 0
  private readonly began = Date.now()
  private batch: CloudEvent[] = []
  private readonly underWay = new Set<Promise<void>>()
  private told = 0
  private readonly api: Api
  private readonly context: CliContext

  constructor(api: Api, context: CliContext) {
    this.api = api
    this.context = context
  }

  async add(line: number, events: readonly CloudEvent[]): Promise<void> {
    this.rows++
    this.batch.push(...events)
    if (this.batch.length < batchSize) return
    this.send()
    if (this.underWay.size >= batchesAtOnce) await Promise.race(this.underWay)
    if (Date.now() - this.told < progressMs) return
    this.told = Date.now()
    this.context.output.passing(`line ${line}: ${this.recorded} events recorded`)
  }

  /** @param inPart - the rest of its row is good */
  leaveOut(faults: readonly Fault[], inPart: boolean): void {
    if (this.wholeRows + this.partsOfRows < badShown)
      this.bad.push(...(inPart ? faults.map((one) => ({ ...one, help: 'the rest of the row is recorded' })) : faults))
    if (inPart) this.partsOfRows++
    else this.wholeRows++
  }

  /** Resolves when all that was added is recorded. */
  async flush(): Promise<void> {
    this.send()
    await Promise.all(this.underWay)
  }

  /** Resolves when nothing is under way any more: what was sent may be recorded still. */
  async soFar(): Promise<string> {
    await Promise.allSettled(this.underWay)
    return `until then ${this.recorded} events were recorded${this.duplicates === 0 ? '' : `, and ${this.duplicates} were there already`}`
  }

  private send(): void {
    const events = this.batch
    this.batch = []
    if (events.length === 0) return
    const sent = this.record(events).then(() => void this.underWay.delete(sent))
    this.underWay.add(sent)
    // It is awaited by whoever waits for room or for the end.
    sent.catch(() => {})
  }

  private async record(events: readonly CloudEvent[]): Promise<void> {
    const { recorded, duplicates } = await recordBatch(this.api, events)
    this.recorded += recorded
    this.duplicates += duplicates
  }

  tell(asJson: boolean): void {
    const { rows, recorded, duplicates, bad, wholeRows, partsOfRows, doubts } = this
    const tookMs = Date.now() - this.began
    const { output } = this.context
    if (asJson) {
      output.json({ rows, recorded, duplicates, leftOut: wholeRows, leftOutInPart: partsOfRows, faults: bad, doubts, tookMs })
      return
    }
    for (const { file, line, path: column, message, value, help } of bad) {
      const found = value === undefined ? '' : ` ("${value}")`
      output.say(output.colour.yellow(`left out ${file}:${line} ${column} ${message}${found}${help === undefined ? '' : `; ${help}`}`))
    }
    const more = wholeRows + partsOfRows - badShown
    if (more > 0) output.say(output.colour.yellow(`and of ${more} more ${more === 1 ? 'row' : 'rows'}`))
    for (const doubt of doubts) output.say(output.colour.yellow(doubt))
    const count = (n: number) => `${n} ${n === 1 ? 'row' : 'rows'}`
    const left =
      (wholeRows === 0 ? '' : `, ${count(wholeRows)} left out`) + (partsOfRows === 0 ? '' : `, ${count(partsOfRows)} left out in part`)
    output.result(`${count(rows)}: ${recorded} events recorded, ${duplicates} were there already${left}, in ${formatDuration(tookMs)}`)
  }
}
