/**
 * What importing a git repository costs beside the `git log` that it reads: of 200,000 commits, and of two services where their
 * history is there (`../shared/data`). Then an import that is killed in its middle and begun again.
 *
 *     node bench/git-import.ts [--commits 200000] [--data ../shared/data]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readGit } from '../src/connectors/git/command.ts'
import { logArguments } from '../src/connectors/git/history.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { run } from '../src/kernel/process.ts'
import { makeRepository, manyCommits, sharedCommits, type MadeCommit } from './git/repositories.ts'

const { values } = parseArgs({
  options: { commits: { type: 'string', default: '200000' }, data: { type: 'string', default: '../shared/data' } },
})
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const empty = path.join(folder, 'empty.git')
const program = path.join(import.meta.dirname, '../bin/threeways.mjs')
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

async function importOnce(repository: string, home: string): Promise<{ recorded: number; before: number; tookMs: number }> {
  const args = [program, 'import', 'git', repository, '--home', home, '--json']
  const ran = await run(process.execPath, args, { env: process.env, timeoutMs: 600_000 })
  if (ran.code !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout)
}

/** The very command, its output thrown away. */
async function logAlone(repository: string): Promise<number> {
  const began = performance.now()
  for await (const chunk of readGit(repository, logArguments(true), { input: 'main\n' })) void chunk
  return performance.now() - began
}

async function measure(name: string, commits: Iterable<MadeCommit>): Promise<string> {
  const repository = path.join(folder, `${name}.git`)
  await makeRepository(repository, commits)
  await logAlone(repository)
  const log = await logAlone(repository)
  const home = path.join(folder, `${name}-home`)
  // A ledger is made once, and is no part of it.
  await importOnce(empty, home)
  const { recorded, tookMs } = await importOnce(repository, home)
  const again = await importOnce(repository, home)
  const beyond = tookMs - log
  const rate = beyond > 0 ? `${Math.round(recorded / (beyond / 1000))} commits a second beyond it` : 'nothing beyond it'
  console.log(
    `${name}: ${recorded} commits in ${seconds(tookMs)}, git log alone ${seconds(log)}: ${rate}; again ${again.recorded} in ${seconds(again.tookMs)}`,
  )
  return repository
}

/** Shoots an import in its middle, and begins it again. */
async function interrupted(repository: string, afterMs: number): Promise<void> {
  const home = path.join(folder, `interrupted-${afterMs}`)
  await importOnce(empty, home)
  const child = spawn(process.execPath, [program, 'import', 'git', repository, '--home', home], { stdio: 'ignore' })
  await sleep(afterMs)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const { recorded, before } = await importOnce(repository, home)
  const third = await importOnce(repository, home)
  console.log(
    `killed after ${seconds(afterMs)}: ${before} commits were recorded, then the ${recorded} others; again ${third.recorded}, ${third.before} are there`,
  )
}

try {
  await makeRepository(empty, manyCommits(1))
  const many = await measure('many', manyCommits(Number(values.commits)))
  for (const afterMs of [3000, 6000]) await interrupted(many, afterMs)
  for (const service of ['finder-frontend', 'asset-manager']) {
    const commits = await sharedCommits(values.data, service)
    if (commits === undefined) console.log(`${values.data} has no history of ${service}: left out`)
    else await measure(service, commits)
  }
} finally {
  await removeTree(folder)
}
