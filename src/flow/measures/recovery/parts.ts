import { moments, type Mend, type Moment } from './mend.ts'

/** Time from one moment that is known to the next. `to` undefined: it is not over. */
export type Part = { readonly from: Moment; readonly to: Moment | undefined; readonly ms: number }

/**
 * The time of one failure from the first moment that is known of it until it was over, or until now, in parts that sum exactly to it.
 * Where a moment in between is not known a part reaches over it. When it began says nothing more where the deployment is known.
 */
export function partsOf({ at, over }: Pick<Mend, 'at' | 'over'>, asOf: number): readonly Part[] {
  const known = moments.filter((moment) => at[moment] !== undefined && (moment !== 'began' || at.deployed === undefined))
  const parts: Part[] = known.slice(1).map((to, index) => ({ from: known[index]!, to, ms: at[to]! - at[known[index]!]! }))
  const last = known.at(-1)
  if (over === undefined && last !== undefined) parts.push({ from: last, to: undefined, ms: Math.max(0, asOf - at[last]!) })
  return parts
}

/** All the time that failures took, by part, in the order of their moments. */
export type SpentPart = Part & { readonly failures: number; /** Undefined: they took no time. */ readonly share: number | undefined }

export function spentOf(mends: readonly Mend[], asOf: number): readonly SpentPart[] {
  const sums = new Map<string, { from: Moment; to: Moment | undefined; ms: number; failures: number }>()
  for (const mend of mends)
    for (const { from, to, ms } of partsOf(mend, asOf)) {
      const sum = sums.get(`${from} ${to}`) ?? { from, to, ms: 0, failures: 0 }
      sum.ms += ms
      sum.failures++
      sums.set(`${from} ${to}`, sum)
    }
  const total = [...sums.values()].reduce((sum, { ms }) => sum + ms, 0)
  const place = (moment: Moment | undefined) => (moment === undefined ? moments.length : moments.indexOf(moment))
  return [...sums.values()]
    .toSorted((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to))
    .map((sum) => ({ ...sum, share: total === 0 ? undefined : sum.ms / total }))
}
