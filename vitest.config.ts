import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'
import { oneLine } from './test/one-line-reporter.ts'

const exclude = ['**/node_modules/**', '**/dist/**', 'examples/**']

export default defineConfig({
  test: {
    globalSetup: ['./test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Each works through many files: to read the product again for every one of them took half a second of a processor, and more.
    isolate: false,
    setupFiles: ['./test/own-surroundings.ts'],
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
        test: {
          name: 'here',
          include: ['{src,sdk,web,test,scripts,bench}/**/*.test.ts'],
          exclude: [...exclude, '**/*.{int,e2e}.test.ts'],
        },
      },
    ],
  },
})
