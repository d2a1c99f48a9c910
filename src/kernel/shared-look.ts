/**
 * One look at something costly for all who ask at the same moment. Nobody is answered with a look that began before they
 * asked, so whoever changed something sees it. At most one look is under way, and one waits.
 */
export function sharedLook<T>(look: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> | undefined
  let next: Promise<T> | undefined
  return () => {
    // Who asks in this very moment joins too: it has not begun yet.
    next ??= Promise.resolve(underWay).then(() => {
      next = undefined
      const mine = look()
      underWay = mine.catch(() => {})
      return mine
    })
    return next
  }
}
