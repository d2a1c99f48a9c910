import { nearest } from '../definition/suggest.ts'
import type { Flag } from './flag.ts'
import type { Asked } from './moves.ts'
import { isMoment } from './plan.ts'

const dayMs = 86_400_000

/** What whoever publishes a flag should know, though nothing stands against it. Pure. */
export function notesOf(flag: Flag, experiments: readonly Asked[], now: number): readonly string[] {
  const { expires, environments } = flag
  const over = expires === null ? 0 : Math.floor((now - Date.parse(expires)) / dayMs)
  const held = Object.entries(environments).flatMap(([environment, { plan }]) =>
    (plan?.steps ?? []).flatMap(({ until }) => {
      const note = until === undefined || isMoment(until) ? undefined : heldNote(until, flag.flag, environment, experiments)
      return note === undefined ? [] : [note]
    }),
  )
  return [...(over < 1 ? [] : [`it expired ${over === 1 ? 'a day' : `${over} days`} ago, ${expires}`]), ...new Set(held)]
}

function heldNote(name: string, flag: string, environment: string, experiments: readonly Asked[]): string | undefined {
  const found = experiments.find(({ experiment }) => experiment === name)
  if (found === undefined) {
    const here = experiments.filter((one) => one.flag === flag && one.environment === environment && one.state !== 'decided')
    const near =
      nearest(
        name,
        experiments.map(({ experiment }) => experiment),
      ) ?? here[0]?.experiment
    return `its plan is held until "${name}" is decided in ${environment}, and there is no such experiment yet${near === undefined ? '' : `: did you mean "${near}"?`}`
  }
  if (found.flag === flag && found.environment === environment) return undefined
  return `its plan is held in ${environment} until "${name}" is decided, which is of "${found.flag}" in ${found.environment}: that decides nothing here`
}
