/**
 * p-values of several questions, so adjusted that each may be held against alpha itself. Holm (1979): P that any answer is wrong is at
 * most alpha, whatever hangs together. For decisions. In the order given.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ascending(ps)
  const adjusted = ps.map(() => 1)
  let most = 0
  for (const [rank, at] of order.entries()) {
    most = Math.max(most, Math.min(1, ps[at]! * (ps.length - rank)))
    adjusted[at] = most
  }
  return adjusted
}

/**
 * Benjamini and Hochberg (1995): of what is below alpha, a share of at most alpha is wrong on average, when the questions are independent
 * or hang together positively. For exploring. In the order given.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ascending(ps)
  const adjusted = ps.map(() => 1)
  let least = 1
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const at = order[rank]!
    least = Math.min(least, (ps[at]! * ps.length) / (rank + 1))
    adjusted[at] = least
  }
  return adjusted
}

const ascending = (ps: readonly number[]): number[] => [...ps.keys()].sort((a, b) => ps[a]! - ps[b]!)
