import { mkdir, readdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import { tidyUp } from './retention.ts'

const definition = JSON.stringify({
  name: 'shop',
  services: { web: { 'x-run': { command: ['sleep', '600'] } } },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app'] },
    environments: { lab: {} },
    pipeline: { stages: [{ name: 'dev' }] },
  },
})

describe('tidying up', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  it('keeps the checkouts of the latest runs and what a rollback may go to, and removes the rest', async () => {
    const runs: string[] = []
    for (let number = 1; number <= 12; number++) {
      await t.author.write({ 'threeways.yaml': definition, app: `version ${number}` })
      await t.author.commit(`Change ${number}`)
      runs.push((await t.ended((await t.deliver()).id)).id)
    }
    await tidyUp(t.threeways.workshop)
    expect((await readdir(path.join(t.home.work, 'runs'))).toSorted()).toEqual(runs.slice(2).toSorted())
    expect(await readdir(path.join(t.home.work, 'artifacts'))).toHaveLength(10)
    expect(await readdir(path.join(t.home.folder, 'runs'))).toHaveLength(12)
  })

  it('removes the folders that a killed server had on their way somewhere', async () => {
    for (const name of ['arriving-old', 'leaving-old', 'reading-old', 'arriving-now']) {
      const folder = path.join(t.home.work, name)
      await mkdir(path.join(folder, 'source'), { recursive: true })
      if (name.endsWith('old')) await utimes(folder, 0, 0)
    }
    await tidyUp(t.threeways.workshop)
    expect((await readdir(t.home.work)).filter((name) => name.includes('-'))).toEqual(['arriving-now'])
  })
})
