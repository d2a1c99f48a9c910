import { Command, duration, FilePath } from '../schema/values.ts'
import { splitWords } from '../words.ts'
import type { FoundCommand, FoundHealth } from './clues.port.ts'
import type { DraftHealth } from './draft.ts'

/** A command as words; text that needs a shell gets one. Undefined when nothing could be run. */
export function wordsOf(found: FoundCommand): readonly string[] | undefined {
  const words = 'words' in found ? found.words : inShell(found.shell)
  if (words.some((word) => word.includes('\0') || !word.isWellFormed())) return undefined
  return Command.safeParse([...words]).data
}

function inShell(text: string): readonly string[] {
  const split = splitWords(text)
  return 'words' in split ? split.words : ['sh', '-c', text]
}

const ask = /\b(?:curl|wget)\b/
const local = /\bhttps?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?:\d+|\$\{?\w+\}?))?(\/[!-~]*?)?(?=["'\s)|;&]|$)/

/** A health check in our words: a test that only asks the service over HTTP becomes the path it asks for. */
export function healthOf(found: FoundHealth, port: number | undefined): DraftHealth | undefined {
  const text = 'shell' in found.test ? found.test.shell : found.test.words.join(' ')
  const path = ask.test(text) && port !== undefined ? local.exec(text) : null
  const words = wordsOf(found.test)
  const test = 'shell' in found.test ? ['CMD-SHELL', found.test.shell] : ['CMD', ...(words ?? [])]
  if (!path && words === undefined) return undefined
  const within = (text: string | undefined, minMs: number) =>
    text !== undefined && duration(minMs).safeParse(text).success ? text : undefined
  const [interval, timeout, startPeriod] = [within(found.interval, 10), within(found.timeout, 10), within(found.startPeriod, 0)]
  const retries =
    found.retries !== undefined && Number.isInteger(found.retries) && found.retries > 0 && found.retries <= 1000 ? found.retries : undefined
  return {
    probe: path ? { http: path[1] ?? '/' } : { test },
    ...(interval === undefined ? {} : { interval }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(startPeriod === undefined ? {} : { startPeriod }),
    ...(retries === undefined ? {} : { retries }),
  }
}

/** How a process is asked to end, as far as processes can be asked so. */
export function stopOf(found: { readonly signal?: string; readonly grace?: string } | undefined): {
  readonly signal?: string
  readonly grace?: string
} {
  const signal = found?.signal?.replace(/^(SIG)?/, 'SIG').toUpperCase()
  return {
    ...(signal !== undefined && ['SIGTERM', 'SIGINT', 'SIGQUIT'].includes(signal) ? { signal } : {}),
    ...(found?.grace !== undefined && duration(0).safeParse(found.grace).success ? { grace: found.grace } : {}),
  }
}

/** A path inside the repository, or undefined. */
export function pathOf(text: string): string | undefined {
  return /[\0-\x1f]/.test(text) || !text.isWellFormed() ? undefined : FilePath.safeParse(text).data
}
