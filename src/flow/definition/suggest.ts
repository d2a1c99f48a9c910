/** The nearest of some names to what was written, when it is near enough to be a slip of the keyboard. */
export function nearest(written: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(written.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const name of names) {
    if (Math.abs(name.length - written.length) > limit) continue
    const distance = editDistance(written.toLowerCase(), name.toLowerCase())
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** The question whether the likely one is meant. @returns undefined when none is near */
export function nearTo(written: string, names: readonly string[]): string | undefined {
  const near = nearest(written, names)
  return near === undefined ? undefined : `did you mean "${near}"?`
}

/** What to do about an unknown name: the likely one, or all there are. */
export function suggestion(written: string, names: readonly string[], nothing: string): string {
  const near = nearTo(written, names)
  if (near !== undefined) return near
  return names.length === 0 ? nothing : `there is ${names.map((name) => `"${name}"`).join(', ')}`
}

/** Optimal string alignment: insertions, deletions, replacements and swapped neighbours. */
function editDistance(a: string, b: string): number {
  if (a.length > 60 || b.length > 60) return a === b ? 0 : Infinity
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, beforePrevious[j - 2]! + 1)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[b.length]!
}
