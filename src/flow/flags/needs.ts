import { flagsIn } from './condition.ts'
import type { Flag, Requirement } from './flag.ts'

/** Variants of other flags that say what this one comes to: what it requires, and what its rules ask. Pure. */
export const needsOf = ({ requires, environments }: Flag): readonly Requirement[] => [
  ...requires,
  ...Object.values(environments).flatMap(({ rules }) => rules.flatMap(({ when }) => flagsIn(when))),
]
