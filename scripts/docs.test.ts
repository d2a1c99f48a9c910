import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { pages } from './docs.ts'

it.each(Object.entries(await pages()))('%s is as `npm run docs` writes it', async (path, text) => {
  const written = await readFile(new URL(`../${path}`, import.meta.url), 'utf8').catch(() => '')
  expect(written === text, `${path} is stale: run \`npm run docs\``).toBe(true)
})
