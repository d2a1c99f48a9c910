import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { isExternal } from '../src/ledger/testing.ts'
import { run } from '../src/kernel/process.ts'
import { ledgerOfHome, launcher, processesOf, start, threeways } from './command-line.ts'

const definition = `
name: hello
services:
  web: {ports: ["3000"], x-run: {command: [node, -e, "require('http').createServer((q, r) => r.end()).listen(process.env.PORT)"]}}
x-threeways:
  version: 1
  artifact: {build: [sleep 0.3], pack: [threeways.yaml]}
  environments: {defaults: {}, production: {}}
  pipeline: {stages: [{name: production, environment: production}]}
`

describe('a command that is ended before it is done', () => {
  let place: string
  let ledger: Awaited<ReturnType<typeof ledgerOfHome>>
  let here: { cwd: string; env: Record<string, string> }
  const home = () => path.join(place, 'home')
  beforeAll(async () => {
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways end ')))
    const author = await gitAuthor(path.join(place, 'repository'))
    await author.write({ 'threeways.yaml': definition })
    await author.commit('Say hello')
    ledger = await ledgerOfHome()
    here = { cwd: author.folder, env: { XDG_DATA_HOME: path.join(place, 'data'), THREEWAYS_HOME: home(), ...ledger.env } }
  })
  afterAll(async () => {
    await ledger.drop()
    await removeTree(path.join(place, 'data'))
    await rm(place, { recursive: true, force: true })
  })

  /** Ctrl-C as soon as it says this. */
  async function endedAt(said: RegExp, ...args: string[]): Promise<number | null> {
    const started = start(here, ...args)
    while (!said.test(started.output()) && started.child.exitCode === null) await sleep(5)
    return started.stop()
  }

  const endings: [string, string, string[], RegExp, number][] = [
    ['deliver', 'while the database is made', ['deliver', '--once'], /making a database/, 130],
    ['deliver', 'while it builds', ['deliver', '--once'], /check the commit out/, 130],
    ['deliver', 'while it deploys', ['deliver', '--once'], /enter production/, 130],
    ['env up', 'while it stands', ['env', 'up', 'production', '--name', 'mine'], /lives as long/, 0],
    ['up', 'while it serves', ['up', '--port', '0'], /shows the line/, 0],
  ]
  // A server of somebody's makes no database.
  const possible = endings.filter(([, , , said]) => !(isExternal() && said.source.startsWith('making')))
  it.each(possible)('%s %s: leaves no process, lock or note behind', async (_command, _when, args, said, code) => {
    expect(await endedAt(said, ...args)).toBe(code)
    expect(await processesOf(home())).toEqual([])
    const files = await readdir(home(), { recursive: true })
    expect(files.filter((file) => /lock|server\.json$|postmaster\.pid|environments\/hello\/mine/.test(file))).toEqual([])
  })

  it('goes on with its delivery the next time', async () => {
    expect((await threeways(here, 'deliver', '--once')).code).toBe(0)
    const streams = JSON.parse((await threeways(here, 'status', '--json')).stdout) as { runs: { state: string }[] }[]
    expect(new Set(streams[0]!.runs.map(({ state }) => state))).toEqual(new Set(['succeeded']))
  })

  it('ends without a word when nobody reads its results any more', async () => {
    const script = '"$1" "$2" events -n 200 | head -n 1'
    const env = { ...process.env, ...here.env }
    const ran = await run('bash', ['-o', 'pipefail', '-c', script, 'bash', process.execPath, launcher], { cwd: here.cwd, env })
    expect(ran.stderr).toBe('')
    expect(ran.stdout.split('\n')).toHaveLength(2)
    expect(await processesOf(home())).toEqual([])
  })

  it('says that its results cannot be written', async () => {
    const ran = await run('sh', ['-c', '"$1" "$2" --help > /dev/full', 'sh', process.execPath, launcher], { cwd: here.cwd })
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/cannot write to standard output.*no space left/)
  })
})
