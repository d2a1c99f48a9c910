import type { Reporter } from 'vitest/node'

/** Ends the output with the one line that machines read. */
export const oneLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++
      if (module.state() === 'failed' && module.errors().length > 0) counts.failed++
    }
    process.on('exit', () => console.log(`${counts.passed} passed, ${counts.failed} failed`))
  },
}
