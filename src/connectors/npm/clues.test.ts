import { describe, expect, it } from 'vitest'
import { clueReaderContract, projectWith } from '../../flow/definition/init/clues.contract.ts'
import { npm } from './clues.ts'

const example = {
  name: '@acme/shop',
  scripts: { start: 'node dist/server.js', build: 'tsc', test: 'vitest run', lint: 'oxlint', 'test:integration': 'vitest run int' },
  dependencies: { pg: '8.0.0' },
  engines: { node: '^22' },
}

clueReaderContract('package.json', npm, JSON.stringify(example))

const read = (json: object, others: Readonly<Record<string, string>> = {}) =>
  npm.read(projectWith({ 'package.json': JSON.stringify(json), ...others }), '.')!
const words = (json: object, others: Readonly<Record<string, string>> = {}) =>
  (read(json, others).build ?? []).map((each) => ('words' in each ? each.words.join(' ') : each.shell))

describe('package.json', () => {
  it('says how it starts, is built and checked, and that it needs a database', () => {
    expect(read(example, { 'package-lock.json': '{}', 'db/schema.sql': '' })).toEqual({
      from: 'package.json',
      name: 'shop',
      services: [{ name: 'web', folder: '.', command: { shell: 'node dist/server.js' } }],
      build: [{ words: ['npm', 'ci'] }, { words: ['npm', 'run', 'build'] }],
      checks: [
        { name: 'unit', command: { words: ['npm', 'test'] }, in: 'build' },
        { name: 'lint', command: { words: ['npm', 'run', 'lint'] }, in: 'build' },
        { name: 'integration', command: { words: ['npm', 'run', 'test:integration'] }, in: 'environment' },
      ],
      tools: { node: '22' },
      resources: [{ name: 'database', type: 'postgres', addressedAs: ['DATABASE_URL'], seed: 'db/schema.sql' }],
      leftOut: [],
    })
  })

  it('starts through npm what needs npm, and server.js when nothing is said', () => {
    expect(read({ scripts: { start: 'next start' } }).services![0]!.command).toEqual({ words: ['npm', 'start'] })
    expect(read({ scripts: { prestart: 'x', start: 'node a.js' } }).services![0]!.command).toEqual({ words: ['npm', 'start'] })
    expect(read({}, { 'server.js': '' }).services![0]!.command).toEqual({ words: ['node', 'server.js'] })
    expect(read({ main: 'index.js' }).services).toEqual([])
  })

  it.each([
    ['package-lock.json', 'npm ci', 'npm run build'],
    ['yarn.lock', 'yarn install --frozen-lockfile', 'yarn run build'],
    ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', 'pnpm run build'],
    ['bun.lock', 'bun install --frozen-lockfile', 'bun run build'],
  ])('is built as its %s says', (lock, install, build) => {
    expect(words({ scripts: { build: 'x' } }, { [lock]: '' })).toEqual([install, build])
  })

  it('knows a modern yarn, and asks for a lock file where there is none', () => {
    expect(words({ packageManager: 'yarn@4.1.0' }, { 'yarn.lock': '' })).toEqual(['yarn install --immutable'])
    expect(words({ dependencies: { a: '1' } })).toEqual(['npm install'])
    expect(read({ dependencies: { a: '1' } }).leftOut![0]!.what).toBe('a lock file')
    expect(words({})).toEqual([])
  })

  it('does not take the placeholder of npm init for a test', () => {
    expect(read({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }).checks).toEqual([])
  })

  it.each([
    [{ '.nvmrc': 'v20.11.1\n' }, '>=18', '20.11.1'],
    [{}, '22.x', '22'],
    [{}, '~24.3.0', '24'],
    [{}, '>=18 <25', '24'],
    [{ '.nvmrc': 'lts/*' }, '', '24'],
  ])('knows its Node: %j and %j are %s', (files, node, version) => {
    expect(read({ engines: { node } }, files).tools).toEqual({ node: version })
  })

  it('finds the services of workspaces, and runs scripts in all of them', () => {
    const files = {
      'packages/api/package.json':
        '{"scripts": {"start": "node index.js", "build": "tsc", "test": "vitest"}, "dependencies": {"postgres": "3"}}',
      'packages/lib/package.json': '{"scripts": {"build": "tsc"}}',
      'other/package.json': '{"scripts": {"start": "node no.js"}}',
      'packages/broken/package.json': '{',
      'package-lock.json': '{}',
    }
    const clues = read({ workspaces: ['packages/*'] }, files)
    expect(clues.services).toEqual([{ name: 'api', folder: 'packages/api', command: { shell: 'node index.js' } }])
    expect(clues.build!.map((each) => ('words' in each ? each.words.join(' ') : ''))).toEqual([
      'npm ci',
      'npm run build --workspaces --if-present',
    ])
    expect(clues.checks).toMatchObject([{ name: 'unit', command: { words: ['npm', 'run', 'test', '--workspaces', '--if-present'] } }])
    expect(clues.resources).toHaveLength(1)
    expect(read({}, { ...files, 'pnpm-workspace.yaml': 'packages:\n  - "packages/*"\n' }).services).toHaveLength(1)
  })

  it('in another folder is built from the root', () => {
    const clues = npm.read(projectWith({ 'api/package.json': JSON.stringify(example), 'api/package-lock.json': '' }), 'api')!
    expect(clues.build).toEqual([{ words: ['npm', '--prefix', 'api', 'ci'] }, { words: ['npm', '--prefix', 'api', 'run', 'build'] }])
  })

  it('that is no object is left out', () => {
    expect(read([]).leftOut).toEqual([{ what: 'package.json', why: 'it is not a JSON object' }])
  })
})
