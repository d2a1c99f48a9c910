import type { Flag, Setting } from '../flags/flag.ts'
import { flagOf } from '../flags/testing.ts'
import type { Revision } from './releases.ts'

const hour = 3_600_000

/** A flag with how it stands in production, for tests. */
export const flagIn = (name: string, production: Partial<Setting> | undefined, more: Partial<Flag> = {}): Flag => {
  const plain = flagOf(`{flag: ${name}, owner: shop, purpose: release, expires: 2027-03-31, environments: {production: {state: off}}}`)
  const off = plain.environments['production']!
  return { ...plain, environments: production === undefined ? {} : { production: { ...off, ...production } }, ...more }
}

export const off = { state: 'off' } as const
export const dark = { state: 'dark', serve: 'on' } as const
export const on = { state: 'on', serve: 'on' } as const
export const killed = { ...on, killed: true } as const
/** @param share - per cent */
export const ramp = (share: number) => ({ state: 'ramp', serve: { on: share * 100 } }) as const

/** Revisions of one flag, each from an hour on. */
export const life = (
  name: string,
  stands: readonly (readonly [hours: number, production: Partial<Setting>])[],
  more: Partial<Flag> = {},
): readonly Revision[] =>
  stands.map(([hours, production], at) => ({ at: hours * hour, revision: at + 1, flag: flagIn(name, production, more) }))
