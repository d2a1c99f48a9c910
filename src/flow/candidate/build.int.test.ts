import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gitAuthor } from '../../connectors/git/testing.ts'
import { run } from '../../kernel/process.ts'
import type { Definition } from '../definition/definition.ts'
import { buildEnvironment } from './build-environment.ts'
import { finishCandidate, prepareCheckout, type Candidate, type Checkout } from './build.ts'
import { removeTree } from './folders.ts'
import type { Author } from './repository.contract.ts'
import { compareBuilds, requireReproducible } from './reproducible.ts'
import { readTools } from './tools.ts'
import { digestOfTree } from './tree.ts'

const definition: Definition = {
  name: 'shop',
  services: {},
  resources: {},
  artifact: {
    build: [
      ['npm', 'ci', '--offline'],
      ['npm', 'run', 'build'],
    ],
    pack: ['dist', 'package.json', 'node_modules'],
    reproducible: 'required',
  },
  tools: { node: process.versions.node.split('.')[0]! },
  environments: {},
  stages: [],
  checks: {},
}

describe('a release candidate of an npm project', () => {
  let place: string
  let author: Author
  let honest: string
  let builds = 0

  beforeAll(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'candidate test ')))
    author = await gitAuthor(join(place, 'shop'))
    const env = { ...process.env, npm_config_cache: join(place, 'cache') }
    await author.write({
      'greet/package.json': '{"name":"greet","version":"1.0.0","bin":{"greet":"cli.js"}}',
      'greet/cli.js': '#!/usr/bin/env node\n',
      'greet/index.js': 'module.exports = "hello"\n',
      // Without a name npm takes the folder's.
      'package.json': '{"private":true,"scripts":{"build":"node build.js"},"dependencies":{"greet":"file:greet-1.0.0.tgz"}}',
      'build.js': `const fs = require('fs')
        fs.mkdirSync('dist')
        fs.writeFileSync('dist/main.js', require('greet') + ' ' + process.env.SOURCE_DATE_EPOCH)`,
      '.gitignore': 'node_modules\ndist\n',
    })
    for (const args of [
      ['pack', './greet'],
      ['install', '--package-lock-only', '--offline'],
    ]) {
      expect(await run('npm', args, { cwd: author.folder, env })).toMatchObject({ code: 0 })
    }
    honest = await author.commit('A shop that greets')
  })
  afterAll(() => removeTree(place))

  async function build(commit: string): Promise<Checkout> {
    const repository = await author.open()
    const folder = join(place, `builds/${'x'.repeat(++builds)}`)
    const checkout = await prepareCheckout({ repository, commit: await repository.resolve(commit), folder })
    const env = { ...(await buildEnvironment(checkout, process.env)), npm_config_cache: join(place, 'cache') }
    for (const [program, ...args] of definition.artifact.build) {
      expect(await run(program!, args, { cwd: checkout.folder, env })).toMatchObject({ code: 0 })
    }
    return checkout
  }

  async function finish(checkout: Checkout, store: string): Promise<Candidate> {
    const tools = await readTools(definition.tools, { cwd: checkout.folder, env: await buildEnvironment(checkout, process.env) })
    return finishCandidate({ checkout, definition, tools, store: join(place, store) })
  }

  it('has the same digest in two folders, whatever the work tree and the umask', async () => {
    const first = await build(honest)
    await author.write({ 'build.js': 'throw new Error("dirty")', 'untracked.js': '' })
    const umask = process.umask(0o077)
    try {
      const second = await build(honest)
      expect((await stat(join(second.folder, 'greet/cli.js'))).mode & 0o777).toBe(0o644)
      expect((await stat(join(second.folder, 'greet'))).mode & 0o777).toBe(0o755)
      const [one, two] = [await finish(first, 'store 1'), await finish(second, 'store 2')]
      expect({ ...two, folder: '' }).toEqual({ ...one, folder: '' })
      expect(one.tools).toEqual({ node: process.versions.node })
      expect(Object.keys(one.lockFiles)).toEqual(['package-lock.json'])
      expect(await readFile(join(one.folder, 'dist/main.js'), 'utf8')).toBe(`hello ${Date.parse('2026-03-01T11:00:00+02:00') / 1000}`)
      expect(await digestOfTree(one.folder)).toBe(one.artifact)
      expect(await finish(first, 'store 1')).toEqual(one)
      await requireReproducible({ first: first.folder, second: second.folder, pack: definition.artifact.pack })
    } finally {
      process.umask(umask)
    }
  })

  it('is refused when two builds differ, with the place of the first difference and its cause', async () => {
    await author.write({
      'build.js': `const fs = require('fs')
        fs.mkdirSync('dist')
        fs.writeFileSync('dist/where.js', '// built in ' + process.cwd())
        fs.writeFileSync('dist/when.js', '// built ' + new Date().toISOString())
        fs.writeFileSync('dist/' + process.pid, '')`,
    })
    const commit = await author.commit('Tell when and where')
    const [first, second] = [await build(commit), await build(commit)]
    const two = { first: first.folder, second: second.folder, pack: ['dist'] }
    const found = await compareBuilds(two)
    expect(found.map(({ difference, cause }) => [difference, cause])).toEqual(
      expect.arrayContaining([
        ['content', 'the folder of the build'],
        ['content', 'a time'],
        ['only in the first', undefined],
        ['only in the second', undefined],
      ]),
    )
    const common = `// built in ${dirname(first.folder)}`.length
    expect(found.find(({ path }) => path === 'dist/where.js')?.offset).toBe(common)
    await expect(requireReproducible(two)).rejects.toMatchObject({ code: 'BUILD_NOT_REPRODUCIBLE', faults: { length: 5 } })
  })

  it('starts from a clean folder, whatever an earlier try left there', async () => {
    const repository = await author.open()
    const commit = await repository.resolve(honest)
    const folder = join(place, 'again')
    await mkdir(join(folder, 'source/left/over'), { recursive: true })
    await mkdir(join(folder, 'unfinished'), { recursive: true })
    await writeFile(join(folder, 'unfinished.index.lock'), '')
    await chmod(join(folder, 'source/left'), 0o555)
    const checkout = await prepareCheckout({ repository, commit, folder })
    expect((await readdir(folder)).toSorted()).toEqual(['source', 'tmp'])
    expect(await readdir(checkout.folder)).not.toContain('left')
  })
})

describe('the environment of a build', () => {
  const checkout = {
    commit: 'c',
    committedAt: '2026-03-01T09:00:00.000Z',
    folder: '/b/source',
    temporary: '/b/tmp',
    lockFiles: {},
  } as unknown as Checkout

  it('holds what finds tools and caches, and nothing that is secret or differs from machine to machine', async () => {
    const env = await buildEnvironment(checkout, {
      HOME: '/home/ada',
      PATH: '/usr/bin:/bin:/usr/bin:',
      NPM_TOKEN: 'secret',
      NODE_OPTIONS: '--require x',
      npm_config_cache: '/cache',
      npm_config_local_prefix: '/ours',
      npm_lifecycle_event: 'start',
      LANG: 'de_DE',
      https_proxy: 'http://proxy',
      USER: 'ada',
    })
    expect(env).toMatchObject({ HOME: '/home/ada', PATH: '/usr/bin:/bin', npm_config_cache: '/cache', https_proxy: 'http://proxy' })
    expect(env).toMatchObject({ TZ: 'UTC', LANG: 'C.UTF-8', CI: 'true', TMPDIR: '/b/tmp', SOURCE_DATE_EPOCH: '1772355600' })
    for (const name of ['NPM_TOKEN', 'NODE_OPTIONS', 'npm_config_local_prefix', 'npm_lifecycle_event', 'USER'])
      expect(env).not.toHaveProperty(name)
  })

  it("finds the Node that a project pins, and none of that project's other tools", async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'path test ')))
    try {
      await mkdir(join(folder, 'node_modules/.bin'), { recursive: true })
      await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true })
      await writeFile(join(folder, 'node_modules/node/bin/node'), '')
      await symlink('../node/bin/node', join(folder, 'node_modules/.bin/node'))
      const PATH = `${folder}/node_modules/.bin:${folder}/none/node_modules/.bin:/npm/node-gyp-bin:/usr/bin`
      expect((await buildEnvironment(checkout, { PATH }))['PATH']).toBe(`${folder}/node_modules/node/bin:/usr/bin`)
    } finally {
      await removeTree(folder)
    }
  })
})
