import { readFile } from 'node:fs/promises'
import { writeDurably } from '../../kernel/durable-file.ts'
import { hasCode, invalid } from '../../kernel/errors.ts'

/**
 * What a server says of itself. A PostgreSQL that is promoted begins a new timeline, counted from 1: of two that came from one, the one on
 * the lower was left behind, and what it takes is lost.
 */
export type Standing = {
  readonly isReadOnly: boolean
  /** The same for all copies of one server; undefined where it is not told, as at some hosts of databases. */
  readonly system: string | undefined
  /** Undefined in a standby, and where it is not told. */
  readonly timeline: number | undefined
}

/** The highest timeline on which a server was seen, for each that was copied. */
export type Timelines = {
  /** @returns why it must not be used; undefined: it was not left behind */
  behind(standing: Standing): Promise<string | undefined>
  /** @returns whether it is higher than all before. It is on disk then. */
  saw(standing: Standing): Promise<boolean>
}

/** @param file - remembers them for the next process; without one they are forgotten at the end of this */
export function makeTimelines(file: string | undefined): Timelines {
  let known: Promise<Map<string, number>> | undefined
  const seen = () => (known ??= file === undefined ? Promise.resolve(new Map()) : readNote(file))

  return {
    async behind({ system, timeline }) {
      if (system === undefined || timeline === undefined) return undefined
      const highest = (await seen()).get(system) ?? 0
      if (timeline >= highest) return undefined
      const back = file === undefined ? '' : `; to go back to it and give up what was written since, remove ${file}`
      return `it was left behind: it is on timeline ${timeline}, and another was promoted to ${highest}${back}`
    },
    async saw({ system, timeline, isReadOnly }) {
      if (system === undefined || timeline === undefined || isReadOnly) return false
      const map = await seen()
      const before = map.get(system) ?? 0
      if (timeline <= before) return false
      map.set(system, timeline)
      if (file !== undefined) await writeDurably(file, `${JSON.stringify(Object.fromEntries(map))}\n`)
      return true
    },
  }
}

async function readNote(file: string): Promise<Map<string, number>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '{}'
    throw error
  })
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, number>))
  } catch (cause) {
    throw invalid('DATABASE_NOTE_INVALID', {
      message: `${file} does not hold what was noted there: which copy of the database was written to last`,
      help: 'remove it when the addresses in DATABASE_URL name no copy that was left behind',
      cause,
    })
  }
}
