import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import type { Told } from '../../flow/history/history.port.ts'
import type { Api } from './api.ts'

/** How far a list was read. Kept by whoever asks, so that it goes on after a kill and reads only what is new the next time. */
export type Mark = {
  /** The pass that is under way: when it began, and the page that it comes to next. */
  readonly under?: { readonly began: string; readonly next: string }
  /** All that was altered before was read. */
  readonly whole?: string
}
export type Marks = Readonly<Record<string, Mark>>

/** A page's worth; `mark` holds once it is recorded. */
export type Piece = { readonly list: string; readonly told: readonly Told[]; readonly mark: Mark }

/** A list of a host, the newest first. */
export type List = {
  readonly name: string
  readonly path: string
  /** The member that holds the list, where the answer is not it itself. */
  readonly within?: string
  readonly query: Readonly<Record<string, string>>
  /** `reached`: what follows is older than what is asked for. */
  tell(items: readonly unknown[]): Promise<{ readonly told: readonly Told[]; readonly reached: boolean }>
}

/** Asked at once of the same host. */
const atOnce = 6
/** What was begun so long before may still get reviews, attempts or statuses. */
const overlapMs = 7 * 86_400_000

/**
 * What a host knows of the past, list by list.
 * @param listOf - a list of which nothing is asked for that was altered before a moment (RFC 3339)
 * @throws ThreewaysError as the API does
 */
export async function* walk(
  api: Api,
  names: readonly string[],
  listOf: (name: string, from: string | undefined) => List,
  marks: Marks,
  since: string | undefined,
  now: string,
): AsyncGenerator<Piece> {
  for (const name of names) {
    const mark = marks[name] ?? {}
    const from = mark.whole === undefined ? since : later(since, earlier(mark.whole))
    const began = mark.under?.began ?? now
    const { within, path, tell, query } = listOf(name, from)
    for (let url: string | undefined = mark.under?.next ?? api.first(path, query); url !== undefined;) {
      const page: { readonly items: readonly unknown[]; readonly next: string | undefined } = await api.page(url, within)
      const { told, reached } = await tell(page.items)
      url = reached ? undefined : page.next
      yield { list: name, told, mark: url === undefined ? { whole: began } : { ...mark, under: { began, next: url } } }
    }
  }
}

export async function gather<One>(
  items: readonly One[],
  isOld: (one: One) => boolean,
  tell: (one: One) => Promise<readonly Told[]>,
): Promise<{ readonly told: readonly Told[]; readonly reached: boolean }> {
  const fresh = items.filter((one) => !isOld(one))
  const told: (readonly Told[])[] = []
  for (let at = 0; at < fresh.length; at += atOnce) told.push(...(await Promise.all(fresh.slice(at, at + atOnce).map(tell))))
  return { told: told.flat(), reached: fresh.length < items.length }
}

/** @throws ThreewaysError `HOST_STRANGE` for what is not as the host documents it */
export function read<Shape extends z.ZodType>(shape: Shape, items: readonly unknown[]): readonly z.infer<Shape>[] {
  const result = z.array(shape).safeParse(items)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw invalid('HOST_STRANGE', { message: `an answer is not as its host documents it: /${path.join('/')} ${message}` })
}

const earlier = (time: string) => new Date(Date.parse(time) - overlapMs).toISOString()
const later = (a: string | undefined, b: string) => (a === undefined || a < b ? b : a)
