/** Does one thing at a time for each key, in the order it was asked. A failure of one does not touch the next. */
export type Turns<K> = <T>(key: K, work: () => Promise<T>) => Promise<T>

export function makeTurns<K>(): Turns<K> {
  const last = new Map<K, Promise<unknown>>()
  return async (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, turn)
    try {
      return await turn
    } finally {
      if (last.get(key) === turn) last.delete(key)
    }
  }
}
