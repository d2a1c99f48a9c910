/** How long to wait after failures: doubles up to a minute, and half of it is by chance, so that many clients do not come back at once. */
export function makeBackoff(random: () => number, firstMs = 1_000, mostMs = 60_000) {
  let failures = 0
  return {
    reset: (): void => void (failures = 0),
    /** @param leastMs - what the server asked for */
    next(leastMs = 0): number {
      const whole = Math.min(mostMs, firstMs * 2 ** Math.min(failures++, 20))
      return Math.max(Math.min(leastMs, 3_600_000), whole / 2 + (whole / 2) * random())
    },
  }
}

/** `Retry-After` in milliseconds, where it says seconds; 0 otherwise. */
export function retryAfterOf(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0
}
