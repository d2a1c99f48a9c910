import { rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ConstraintBoard, ConstraintView } from '../flow/constraint/schemas.ts'
import type { KeysBoard } from '../flow/measures/keys/schemas.ts'
import type { BoardRow, StreamFlowDetail, StreamFlowPicture } from '../flow/measures/schemas.ts'
import { invalid, isSystemError, notFound, whyOf } from '../kernel/errors.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { nothingTold, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { pageOf, type Told } from './report/page.ts'

type Flags = ConnectFlags & WindowFlags & TeamFlags & { readonly out: string; readonly title: string; readonly streams: number }

/** Writes how changes flow as one page that can be mailed. */
export async function report(this: CliContext, flags: Flags): Promise<void> {
  const query = windowQuery(flags)
  const { output } = this
  await withApi(this, flags, async (api) => {
    const { streams } = await api.get<{ streams: BoardRow[] }>(`/api/flow?${query}`)
    if (streams.length === 0)
      throw notFound('STREAM_NOT_FOUND', {
        message: flags.team === undefined ? 'nothing was deployed yet' : `nothing was deployed of "${flags.team}"`,
        help: nothingTold(flags),
      })
    const { estate } = await api.get<KeysBoard>(`/api/keys?${query}`)
    const { rows } = await api.get<ConstraintBoard>(`/api/constraint?${query}`)
    const ordered = streams.toSorted(slowestFirst)
    const constraints = new Map(rows.map((one) => [one.stream, one]))
    const isNamed = ({ stream }: BoardRow) => (constraints.get(stream)?.constraint ? 0 : 1)
    const telling = ordered.filter(({ lead }) => lead.versions > 0).toSorted((a, b) => isNamed(a) - isNamed(b))
    const inFull: Told[] = []
    for (const { stream } of telling.slice(0, flags.streams)) {
      output.passing(`${stream}: ${inFull.length + 1} of ${Math.min(flags.streams, telling.length)}`)
      inFull.push({
        constraint: await api.get<ConstraintView>(`${at`/api/constraint/${stream}`}?${query}`),
        picture: await api.get<StreamFlowPicture>(`${at`/api/flow/${stream}/picture`}?${query}`),
        released: (await api.get<StreamFlowDetail>(`${at`/api/flow/${stream}`}?${query}`)).changes?.released,
      })
    }
    const page = pageOf({
      title: flags.title,
      madeAt: new Date().toISOString(),
      streams: ordered,
      perWeek: estate.frequency?.perWeek ?? null,
      inFull,
      constraints,
    })
    await replaceFile(path.resolve(this.cwd, flags.out), flags.out, page)
    output.passing('')
    output.result(`${flags.out}: ${streams.length} value streams, ${inFull.length} of them in full, ${Math.ceil(page.length / 1024)} KB`)
  })
}

/** Those that take longest stand first, and last those of which nothing is known. */
function slowestFirst(a: BoardRow, b: BoardRow): number {
  const rank = ({ lead }: BoardRow) => (lead.versions === 0 ? -1 : (lead.p50.value ?? Number.POSITIVE_INFINITY))
  return rank(b) === rank(a) ? a.stream.localeCompare(b.stream) : rank(b) - rank(a)
}

/** Whoever opens it meanwhile sees the old one or the new one whole. */
async function replaceFile(file: string, told: string, content: string): Promise<void> {
  const beside = `${file}.${process.pid}.new`
  try {
    await writeFile(beside, content, { flag: 'wx' })
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    // Of the file that was asked for, and not of the one beside it that it is written as.
    if (isSystemError(error))
      throw invalid('FILE_NOT_WRITTEN', {
        message: `"${told}" cannot be written: ${whyOf(error)}`,
        help: 'name a file in a folder that is there and may be written to, by --out',
        cause: error,
      })
    throw error
  }
}
