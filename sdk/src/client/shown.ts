/** How often a flag was asked for: what says that nobody needs it any more. */
export type Asked = { readonly flag: string; readonly revision: number | undefined; readonly variant: string; readonly count: number }

type Arm = { count: number; young: Set<string>; old: Set<string> }
type Shown = { readonly revision: number | undefined; readonly arms: Map<string, Arm> }

const armsMax = 10_000

/**
 * Who was shown what, and how often was asked: on the way of every evaluation, so it looks up and makes nothing where nothing is new.
 * Of units it remembers a bounded number, those of late before others: two generations, of which the older one is forgotten, of all
 * flags at once, when the younger one is full. Who was forgotten counts as new.
 * @param most - units that are remembered, counted once for each variant that they were shown
 */
export function makeShown(most: number) {
  const flags = new Map<string, Shown>()
  let past: Asked[] = []
  let arms = 0
  let young = 0

  function begin(flag: string, revision: number | undefined): Shown {
    const before = flags.get(flag)
    if (before !== undefined) {
      past.push(...countsOf(flag, before))
      arms -= before.arms.size
    }
    const shown = { revision, arms: new Map<string, Arm>() }
    flags.set(flag, shown)
    return shown
  }

  function armOf(shown: Shown, variant: string): Arm | undefined {
    if (arms >= armsMax) return undefined
    arms++
    const arm = { count: 0, young: new Set<string>(), old: new Set<string>() }
    shown.arms.set(variant, arm)
    return arm
  }

  function remember(arm: Arm, unit: string): boolean {
    const known = arm.old.has(unit)
    arm.young.add(unit)
    if (++young >= most / 2) {
      young = 0
      age()
    }
    return !known
  }

  function age(): void {
    for (const { arms: all } of flags.values())
      for (const arm of all.values()) {
        arm.old = arm.young
        arm.young = new Set()
      }
  }

  return {
    /**
     * @param unit - undefined: the evaluation says nothing of anybody
     * @returns whether this unit is shown this for the first time
     */
    see(flag: string, revision: number | undefined, variant: string, unit: string | undefined): boolean {
      let shown = flags.get(flag)
      if (shown === undefined || shown.revision !== revision) shown = begin(flag, revision)
      const arm = shown.arms.get(variant) ?? armOf(shown, variant)
      if (arm === undefined) return false
      arm.count++
      if (unit === undefined) return false
      return arm.young.has(unit) ? false : remember(arm, unit)
    },
    /** What was asked for since it was last taken. */
    take(): readonly Asked[] {
      const taken = past
      past = []
      for (const [flag, shown] of flags) taken.push(...countsOf(flag, shown))
      return taken
    },
  }
}

function countsOf(flag: string, { revision, arms }: Shown): readonly Asked[] {
  const counts: Asked[] = []
  for (const [variant, arm] of arms) {
    if (arm.count > 0) counts.push({ flag, revision, variant, count: arm.count })
    arm.count = 0
  }
  return counts
}
