/**
 * Random numbers that are looked up, not drawn one after the other: the same seed, entity, stage and draw give the same number,
 * whatever else happened. Two lines that differ in one thing meet the same luck in everything else (common random numbers), so that
 * their difference is of the change alone. After Salmon and others, Parallel random numbers: as easy as 1, 2, 3 (SC 2011), with
 * MurmurHash3's finaliser as the mixer.
 * @returns between 0 and 1, neither of them
 */
export function uniform(seed: number, entity: number, stage: number, draw: number): number {
  let mixed = mix(seed ^ 0x9e3779b9)
  mixed = mix(mixed ^ Math.imul(entity + 1, 0x85ebca6b))
  mixed = mix(mixed ^ Math.imul(stage + 1, 0xc2b2ae35))
  mixed = mix(mixed ^ Math.imul(draw + 1, 0x27d4eb2f))
  return (mixed + 0.5) / 4_294_967_296
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
