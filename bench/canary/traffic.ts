import type { Measured } from '../../src/flow/deployment/judge.ts'

/** Draws numbers from 0 to 1; the same seed draws the same ones (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Times to an answer as services have them, ms. */
export const shapes = {
  'log-normal': (random: () => number) => 40 * Math.exp(0.6 * normal(random)),
  'heavy tail': (random: () => number) => 20 / (1 - random()) ** (1 / 1.8),
  bimodal: (random: () => number) => (random() < 0.8 ? 5 + 2 * random() : 180 * Math.exp(0.3 * normal(random))),
  'whole ms': (random: () => number) => Math.round(2 + 2 * Math.exp(0.5 * normal(random))),
} as const
export type Shape = keyof typeof shapes | 'bursts'
export const shapeNames: readonly Shape[] = [...(Object.keys(shapes) as (keyof typeof shapes)[]), 'bursts']

/** One deployment's requests: how fast it answers, how slow it is beside others, how many of its requests fail. */
export function traffic(shape: Shape, random: () => number, { slower = 1, errorRate = 0 }: { slower?: number; errorRate?: number }) {
  let burst = 0
  return (): { readonly ms: number; readonly failed: boolean } => {
    // A stall of its own every hundred requests or so, over some ten of them: what one process does and its neighbour does not.
    burst = burst > 0 ? burst - 1 : random() < 0.01 ? Math.ceil(20 * random()) : 0
    const ms = shape === 'bursts' ? shapes['log-normal'](random) * (burst > 0 ? 4 : 1) : shapes[shape](random)
    return { ms: ms * slower, failed: random() < errorRate }
  }
}

/** A deployment's measurements, growing. */
export class Growing implements Measured {
  requests = 0
  errors = 0
  readonly latenciesMs: number[] = []

  add(request: () => { readonly ms: number; readonly failed: boolean }, count: number): void {
    for (let n = 0; n < count; n++) {
      const { ms, failed } = request()
      this.requests++
      if (failed) this.errors++
      this.latenciesMs.push(ms)
    }
  }
}
