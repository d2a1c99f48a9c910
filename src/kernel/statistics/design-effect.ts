const blocksMax = 20
const blockMin = 8

/**
 * How many values of a series that hangs together count as one that does not: Kish's design effect (1965), from the variance of the means
 * of successive blocks. 1 when they are independent; a stall that slows ten requests in a row makes it about ten. Each series is centred
 * on its own mean. Blocks must be longer than what hangs together, and few blocks know their variance badly, which is allowed for.
 *
 * @param series - values in the order in which they came
 */
export function designEffect(...series: readonly Float64Array[]): number {
  let [blocks, between, all, within, size] = [0, 0, 0, 0, 0]
  for (const values of series) {
    const length = Math.max(blockMin, Math.ceil(values.length / blocksMax))
    const count = Math.floor(values.length / length)
    if (count < 2) continue
    const used = values.subarray(0, count * length)
    const mean = used.reduce((sum, value) => sum + value, 0) / used.length
    for (let block = 0; block < count; block++) {
      const part = used.subarray(block * length, (block + 1) * length)
      between += (part.reduce((sum, value) => sum + value, 0) / length - mean) ** 2 * length
    }
    within += used.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    blocks += count - 1
    all += used.length - 1
    size += used.length
  }
  if (size === 0 || within === 0) return 1
  const allowance = 1 + 1.5 / Math.sqrt(blocks)
  const effect = between / blocks / (within / all)
  return effect <= allowance ? 1 : effect * allowance
}
