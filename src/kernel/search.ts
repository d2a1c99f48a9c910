/**
 * Index of the first that holds, of so many of which all that do not hold come first; `count` when none does.
 * @param holds - asked of an index, about log2(count) times
 */
export function firstThat(count: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
