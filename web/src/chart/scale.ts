const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Times that people name. */
const named: readonly (readonly [number, string])[] = [
  [10_000, '10 s'],
  [minute, '1 min'],
  [10 * minute, '10 min'],
  [hour, '1 h'],
  [4 * hour, '4 h'],
  [day, '1 d'],
  [7 * day, '1 wk'],
  [28 * day, '4 wk'],
  [182 * day, '6 mo'],
  [730 * day, '2 y'],
]

export type TimeScale = {
  /** Pixels of a time. */
  readonly x: (ms: number) => number
  /** The time at a pixel. */
  readonly ms: (x: number) => number
  readonly ticks: readonly { readonly pixel: number; readonly name: string }[]
}

/** Times on a scale of logarithms: what is ten times as long is equally far away everywhere. Ticks are at least `apart` pixels from each other. */
export function timeScale(lowMs: number, highMs: number, from: number, to: number, apart = 46): TimeScale {
  const low = Math.max(1000, lowMs)
  const high = Math.max(low * 4, highMs)
  const ratio = Math.log(high / low)
  const x = (ms: number) => from + (Math.log(Math.min(high, Math.max(low, ms)) / low) / ratio) * (to - from)
  const ticks: { pixel: number; name: string }[] = []
  for (const [ms, name] of named) {
    if (ms < low || ms > high) continue
    const at = x(ms)
    if (ticks.length === 0 || Math.abs(at - ticks.at(-1)!.pixel) >= apart) ticks.push({ pixel: at, name })
  }
  return { x, ms: (at) => low * Math.exp(((at - from) / (to - from)) * ratio), ticks }
}

/** Round numbers from 0 up to what is at least `high`, at most five of them. */
export function countTicks(high: number): readonly number[] {
  const rough = Math.max(1, high) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].find((one) => one * power >= rough)! * power)
  return Array.from({ length: Math.ceil(Math.max(1, high) / step) + 1 }, (_, at) => at * step)
}
