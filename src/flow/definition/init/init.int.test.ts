import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { initProject } from '../../../server/init-project.ts'
import { readDefinition } from '../read.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'threeways init-')), 'My Shop')
  await mkdir(folder)
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const put = async (path: string, text: string) => {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}

it('writes a definition that can be read, and nothing else', async () => {
  await put('package.json', '{"scripts": {"start": "node server.js"}}')
  const { file, yaml } = await initProject(folder, { write: true })
  expect(file).toBe(join(folder, 'threeways.yaml'))
  expect(await readFile(file, 'utf8')).toBe(yaml)
  expect(readDefinition(yaml, file).definition.name).toBe('my-shop')
  expect(await readdir(folder)).toEqual(['package.json', 'threeways.yaml'])
})

it('only proposes when asked to', async () => {
  await initProject(folder, { write: false })
  expect(await readdir(folder)).toEqual([])
})

it('never overwrites a definition, whoever wrote it meanwhile', async () => {
  await put('threeways.yaml', 'mine')
  await expect(initProject(folder, { write: true })).rejects.toMatchObject({ code: 'DEFINITION_EXISTS' })
  expect((await initProject(folder, { write: false })).yaml).toContain('name: my-shop')
  await rm(join(folder, 'threeways.yaml'))
  const both = await Promise.allSettled([initProject(folder, { write: true }), initProject(folder, { write: true })])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await readdir(folder)).toEqual(['threeways.yaml'])
})

it('does not follow links or read what was installed, and is not stopped by a huge file', async () => {
  await put('node_modules/x/package.json', '{"scripts": {"start": "node no.js"}}')
  await put('package.json', JSON.stringify({ workspaces: ['*', 'node_modules/*'], padding: 'x'.repeat(300_000) }))
  await symlink('/', join(folder, 'root'))
  await put('api/Procfile', 'web: a')
  const { guesses } = await initProject(folder, { write: false })
  expect(guesses.filter(({ what }) => what.includes(' runs '))).toEqual([])
})

it('says so when the folder is not there', async () => {
  await expect(initProject(join(folder, 'none'), { write: true })).rejects.toMatchObject({ code: 'FOLDER_NOT_FOUND' })
})
