/** Does `work` for every item, at most `limit` at a time. The first failure ends it: what runs is awaited, nothing new starts. */
export async function concurrently<T>(limit: number, items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const workers = Array.from({ length: Math.min(limit, items.length) }, async () => {
    while (next < items.length) {
      const index = next++
      try {
        await work(items[index]!, index)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  })
  const outcomes = await Promise.allSettled(workers)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
