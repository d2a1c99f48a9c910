import { existsSync } from 'node:fs'
import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { clusterFolderVariable } from '../src/ledger/testing.ts'

/**
 * One database cluster for the whole run, started by the first test that needs it, and one folder for what tests put aside; nothing
 * is left of either afterwards.
 */
export default async function setup(): Promise<() => Promise<void>> {
  // Short: sockets lie somewhere in it, and their paths may not be long.
  const place = await roomiest()
  const folder = await mkdtemp(path.join(place, 'tw-'))
  process.env[clusterFolderVariable] = folder
  if (place !== tmpdir()) process.env['TMPDIR'] = folder
  return async () => {
    const directory = path.join(folder, 'postgres')
    if (existsSync(path.join(directory, 'data', 'postmaster.pid'))) await (await startCluster({ directory })).stop()
    await removeTree(folder)
  }
}

/** Memory where there is plenty: tests make databases of 300 small files each, homes and repositories, which disks take long for. */
export async function roomiest(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined)
  return memory && memory.bavail * memory.bsize > 4 * 1024 ** 3 ? '/dev/shm' : tmpdir()
}
