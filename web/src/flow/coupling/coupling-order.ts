type Pair = { readonly a: string; readonly b: string; readonly confidence: number }

/**
 * Puts next to each other what is deployed together: streams that hang together through any chain of pairs are a group, the
 * largest first, and within one each follows that which it goes with most.
 */
export function groupsOf(pairs: readonly Pair[]): readonly (readonly string[])[] {
  const near = new Map<string, Map<string, number>>()
  for (const { a, b, confidence } of pairs) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      near.set(from, (near.get(from) ?? new Map<string, number>()).set(to, confidence))
  }
  const left = new Set(near.keys())
  const groups: string[][] = []
  const busiest = (names: Iterable<string>) => [...names].toSorted((x, y) => near.get(y)!.size - near.get(x)!.size || x.localeCompare(y))[0]
  for (let first = busiest(left); first !== undefined; first = busiest(left)) {
    const group: string[] = []
    for (let next: string | undefined = first; next !== undefined; next = nearest(near, group, left)) {
      group.push(next)
      left.delete(next)
    }
    groups.push(group)
  }
  return groups.toSorted((x, y) => y.length - x.length)
}

/** Of those that are left, the one that goes most with any of the group. */
function nearest(
  near: ReadonlyMap<string, ReadonlyMap<string, number>>,
  group: readonly string[],
  left: ReadonlySet<string>,
): string | undefined {
  let best: { readonly name: string; readonly confidence: number } | undefined
  for (const member of group) {
    for (const [name, confidence] of near.get(member)!) {
      if (left.has(name) && (best === undefined || confidence > best.confidence)) best = { name, confidence }
    }
  }
  return best?.name
}
