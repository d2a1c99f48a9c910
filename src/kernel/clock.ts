/** UTC, RFC 3339 with milliseconds and `Z`. Two of them compare as text. */
export type Instant = string & { readonly __brand: 'Instant' }

/** Time as a parameter, so that a test can own it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  instant(): Instant
}

export function instantOf(ms: number): Instant {
  return new Date(ms).toISOString() as Instant
}

export const systemClock: Clock = {
  now: () => Date.now(),
  instant: () => instantOf(Date.now()),
}

/** A clock that moves only when told to. */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): Clock & { forward(ms: number): void } {
  let now = startMs
  return {
    now: () => now,
    instant: () => instantOf(now),
    forward(ms) {
      now += ms
    },
  }
}
