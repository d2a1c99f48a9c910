/**
 * Remembers a bounded number of texts, those of late before others: two generations, of which the older one is forgotten when the
 * younger one is full. What was forgotten counts as new.
 */
export function makeSeen(most: number) {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    /** Whether it is seen for the first time. */
    isNew(text: string): boolean {
      if (young.has(text)) return false
      const known = old.has(text)
      young.add(text)
      if (young.size >= most / 2) {
        old = young
        young = new Set()
      }
      return !known
    },
  }
}
