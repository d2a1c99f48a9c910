import { invalid } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/digest.ts'
import type { FlagRevision } from './flags.ts'
import { slotCount, typeOf, type Serve } from './flag.ts'
import type { Move } from './policy.ts'
import { documentOf, sharesOf, shareOf } from './written.ts'

/** One revision, without the flag. */
export const revisionView = ({ revision, change, environment, by, reason, origin, at }: FlagRevision) => ({
  revision,
  change,
  environment,
  by,
  reason,
  origin,
  at,
})

/** How a flag stands. */
export function flagView(latest: FlagRevision) {
  const { flag } = latest
  const { description, owner, purpose, expires, service, change, control } = flag
  return {
    flag: flag.flag,
    description,
    owner,
    purpose,
    expires,
    service,
    change,
    type: typeOf(Object.values(flag.variants)[0]) as 'boolean' | 'string' | 'number' | 'object',
    control,
    environments: Object.entries(flag.environments).map(([environment, setting]) => ({
      environment,
      state: setting.state,
      killed: setting.killed,
      serve: sharesOf(setting.serve),
      rules: setting.rules.map(({ id, when, serve }) => ({ id, when: when as Json, serve: sharesOf(serve) })),
      sample: shareOf(setting.sample),
    })),
    latest: revisionView(latest),
  }
}

export function flagDetail(life: readonly FlagRevision[]) {
  const latest = life[0]!
  const { variants, bucketing, bucketBy, requires } = latest.flag
  return {
    ...flagView(latest),
    variants: variants as Readonly<Record<string, Json>>,
    bucketing,
    bucketBy,
    requires: [...requires],
    document: documentOf(latest.flag) as Readonly<Record<string, Json>>,
    revisions: life.map(revisionView),
  }
}

export const movesView = (moves: readonly Move[]) => moves.map((move) => ({ ...move, moved: shareOf(move.moved) }))

/**
 * A share as it is written, in slots.
 * @throws ThreewaysError `SHARE_INVALID`
 */
export function slotsOfShare(text: string): number {
  const slots = /^\d{1,3}(\.\d{1,2})?%$/.test(text) ? Math.round(Number(text.slice(0, -1)) * 100) : Number.NaN
  if (slots <= slotCount) return slots
  throw invalid('SHARE_INVALID', { message: `"${text}" is no share`, help: 'write a share such as 5% or 0.25%, at most 100%' })
}

/** @throws ThreewaysError `SHARE_INVALID` */
export const serveOf = (serve: string | Readonly<Record<string, string>>): Serve =>
  typeof serve === 'string' ? serve : Object.fromEntries(Object.entries(serve).map(([variant, text]) => [variant, slotsOfShare(text)]))
