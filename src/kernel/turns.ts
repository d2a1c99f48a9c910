/** Does one thing at a time, in the order it was asked. A failure of one does not touch the next. */
export type Turns = { exclusive<T>(work: () => Promise<T>): Promise<T> }

export function makeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    exclusive(work) {
      const mine = last.then(work)
      last = mine.catch(() => {})
      return mine
    },
  }
}
