export type Watcher = ReturnType<typeof makeWatcher>

/** Waits to be woken. Remembers a wake-up that comes while nobody waits, so that none is missed. */
export function makeWatcher() {
  let awake = false
  let resume = () => {}
  return {
    wake(): void {
      awake = true
      resume()
    },
    /** @returns false when nothing came within the time */
    async woken(ms: number): Promise<boolean> {
      if (!awake) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          resume = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const was = awake
      awake = false
      return was
    },
  }
}
