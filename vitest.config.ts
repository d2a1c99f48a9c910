import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'
import { oneLine } from './test/one-line-reporter.ts'

const exclude = ['**/node_modules/**', '**/dist/**', 'examples/**']

export default defineConfig({
  test: {
    globalSetup: ['./test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs. How quick something is, benchmarks say, and machines differ by more than twice.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    reporters: ['default', oneLine],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['{src,sdk,web,test,scripts}/**/*.{int,e2e}.test.ts'],
          exclude,
        },
      },
      {
        extends: true,
        // One process for all of them: a new one for each cost more than what it ran.
        test: {
          name: 'here',
          include: ['{src,sdk,web,test,scripts,bench}/**/*.test.ts'],
          exclude: [...exclude, '**/*.{int,e2e}.test.ts'],
          isolate: false,
        },
      },
    ],
  },
})
