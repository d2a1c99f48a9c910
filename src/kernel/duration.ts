import { invalid } from './errors.ts'

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y

/** The written form, as Compose has it: `500ms`, `10s`, `1m30s`. */
export const durationPattern = '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$'

/**
 * Reads a Compose duration. @returns milliseconds
 * @throws ThreewaysError `DURATION_INVALID`
 */
export function parseDuration(text: string): number {
  let ms = 0
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    if (!found) {
      throw invalid('DURATION_INVALID', {
        message: `"${text}" is not a duration`,
        help: 'write a number and a unit, for example 500ms, 10s, 1m30s, 2h',
      })
    }
    ms += Number(found[1]) * unitsMs[found[2]!]!
  }
  if (text === '') throw invalid('DURATION_INVALID', { message: 'a duration is empty', help: 'write for example 10s' })
  return ms
}

/** For people: the two largest units, `1 h 4 min`, `3.2 s`, `480 ms`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  // Rounded before it is parted: there are no 60 seconds in it.
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
