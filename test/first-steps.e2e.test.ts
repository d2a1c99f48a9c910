import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/kernel/process.ts'
import { threeways } from './command-line.ts'
import { chromium, openPage, openPageServer, unfit, type PageServer } from './page-server.ts'

describe.skipIf(chromium === undefined)('where there is nothing yet (skipped when there is no Chromium; set CHROMIUM_PATH)', () => {
  let opened: PageServer
  let folder: string

  beforeAll(async () => {
    opened = await openPageServer()
    // What the commands are about.
    folder = await mkdtemp(path.join(tmpdir(), 'threeways-steps-'))
    await writeFile(path.join(folder, 'deployments.csv'), 'time,service,environment,version\n2026-11-02T09:30:00Z,shop,production,v7\n')
    await run('git', ['init', '--quiet'], { cwd: folder })
    const author = ['-c', 'user.name=ann', '-c', 'user.email=ann@parts.example']
    await run('git', [...author, 'commit', '--quiet', '--allow-empty', '-m', 'Begin'], { cwd: folder })
  })
  afterAll(async () => {
    await opened?.close()
    await rm(folder, { recursive: true })
  })

  it('pages show files and commands to begin with, and these work as they stand', { timeout: 240_000 }, async () => {
    const { page, open, faults } = await openPage(opened)
    const { url, threeways: inside } = opened.server
    const env = { THREEWAYS_TOKEN: inside.adminToken }
    for (const place of ['/release', '/experiments', '/flow']) {
      await open(`${place}#token=${env.THREEWAYS_TOKEN}`)
      const steps = page.getByRole('main').getByRole('list').getByRole('listitem')
      await steps.first().waitFor()
      expect(await page.evaluate(unfit)).toEqual([])
      // All of them first: they go as soon as there is something to show.
      const shown = await steps.evaluateAll((items) =>
        items.map((item) => ({ name: item.querySelector('code')!.textContent, text: item.querySelector('pre')?.textContent })),
      )
      for (const { name, text } of shown) {
        if (text !== undefined) {
          const file = path.join(folder, name)
          await mkdir(path.dirname(file), { recursive: true })
          await writeFile(file, text)
          continue
        }
        const [, ...words] = [...name.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
        const ran = await threeways({ cwd: folder, env }, ...words, '--server', url)
        expect(ran).toMatchObject({ code: 0, stderr: '' })
      }
    }
    expect(faults).toEqual([])
  })
})
