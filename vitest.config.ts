import { defineConfig } from 'vitest/config'
import { oneLine } from './test/one-line-reporter.ts'

export default defineConfig({
  test: {
    include: ['{src,sdk,web,test,scripts,examples}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'examples/**'],
    globalSetup: ['./test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', oneLine],
  },
})
