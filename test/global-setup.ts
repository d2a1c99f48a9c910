import { existsSync } from 'node:fs'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { clusterFolderVariable } from '../src/ledger/testing.ts'

/** One database cluster for the whole run, started by the first test that needs it; nothing is left of it afterwards. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(await roomiest(), 'threeways-test-'))
  process.env[clusterFolderVariable] = folder
  return async () => {
    const directory = path.join(folder, 'postgres')
    if (existsSync(path.join(directory, 'data', 'postmaster.pid'))) await (await startCluster({ directory })).stop()
    await rm(folder, { recursive: true })
  }
}

/** Memory where there is plenty: a database per test is 300 small files, which some disks take 300 ms for. */
export async function roomiest(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined)
  return memory && memory.bavail * memory.bsize > 2 * 1024 ** 3 ? '/dev/shm' : tmpdir()
}
