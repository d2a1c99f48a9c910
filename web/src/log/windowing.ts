/** Columns a text takes in a fixed-width font: wide characters (Chinese, Japanese, Korean, emoji) take two. */
export function columnsOfText(text: string): number {
  if (!/[\u1100-\uffff]/.test(text)) return text.length
  const wide = text.match(
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\ud83c-\ud83e][\udc00-\udfff]/g,
  )
  // A surrogate pair already counts two.
  return text.length + (wide?.filter((found) => found.length === 1).length ?? 0)
}

/** Rows before each line, with the total at the end. @param columns - the width when lines wrap, undefined when they do not */
export function rowsBefore(lines: readonly { readonly columns: number }[], columns: number | undefined): Float64Array {
  const before = new Float64Array(lines.length + 1)
  let rows = 0
  for (let index = 0; index < lines.length; index++) {
    rows += columns === undefined ? 1 : Math.max(1, Math.ceil(lines[index]!.columns / Math.max(1, columns)))
    before[index + 1] = rows
  }
  return before
}

/** The line that holds a row: the last whose first row is at or before it. */
export function lineAtRow(before: Float64Array, row: number): number {
  let [low, high] = [0, before.length - 2]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (before[middle]! <= row) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}
