import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../kernel/process.ts'
import { readJunit } from './junit.ts'

describe('reports as the tools themselves write them', () => {
  let folder: string
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'junit-test-')))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

  it('of Node', async () => {
    await writeFile(
      join(folder, 'till.test.mjs'),
      `import { test, describe, it } from 'node:test'
       import assert from 'node:assert'
       test('opens', () => {})
       test.skip('later', () => {})
       describe('sums', () => {
         it('<two> & "more"', () => assert.equal(1, 2, 'one is not two ]]> \\u001b[31m<red>'))
         describe('deep', () => it('throws', () => { throw new Error('boom') }))
       })`,
    )
    await writeFile(join(folder, 'broken.test.mjs'), `throw new Error('at load')`)
    const args = ['--test', '--test-reporter=junit', 'broken.test.mjs', 'till.test.mjs']
    const { stdout } = await run(process.execPath, args, { cwd: folder, env })
    const report = readJunit(stdout, 'junit.xml')
    expect(report).toMatchObject({ total: 5, failed: 3, skipped: 1 })
    expect(report.failures.map(({ name }) => name)).toEqual([
      'broken.test.mjs',
      expect.stringMatching(/^sums › <two> & /),
      expect.stringContaining('throws'),
    ])
    expect(report.failures[1]).toMatchObject({ message: 'one is not two ]]> <red>' })
    expect(report.durationMs).toBeGreaterThanOrEqual(0)
  })

  it('of vitest', async () => {
    const installed = dirname(createRequire(import.meta.url).resolve('vitest/package.json'))
    await symlink(dirname(installed), join(folder, 'node_modules'))
    await writeFile(
      join(folder, 'till.test.ts'),
      `import { describe, it, expect } from 'vitest'
       describe('till', () => {
         it('opens', () => {})
         it.skip('later', () => {})
         it('sums', () => expect({ a: '<1>' }).toEqual({ a: 2 }))
       })`,
    )
    await writeFile(join(folder, 'broken.test.ts'), `import './absent.ts'`)
    const args = [join(installed, 'vitest.mjs'), 'run', '--root', folder, '--reporter=junit', '--outputFile=junit.xml']
    await run(process.execPath, args, { cwd: folder, env })
    const report = readJunit(await readFile(join(folder, 'junit.xml'), 'utf8'), 'junit.xml')
    expect(report).toMatchObject({ total: 4, failed: 2, skipped: 1 })
    expect(report.failures.find(({ file }) => file === 'till.test.ts')).toMatchObject({
      name: 'till > sums',
      message: expect.stringContaining('to deeply equal'),
    })
  })
})
