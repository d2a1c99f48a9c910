import path from 'node:path'
import { Client } from 'pg'
import { startCluster } from '../../src/kernel/postgres/cluster.ts'
import { installedPrograms, killAllIn, makeTeamServer } from '../../src/kernel/postgres/testing.ts'

/** A database server that nobody of those who use it looks after, to be shot at. */
export type SharedDatabase = {
  readonly url: string
  /** SIGKILL to all of its processes. A service manager starts it again. */
  kill(): Promise<void>
  dispose(): Promise<void>
}

/** @param kind - of our own programs, or of the PostgreSQL that the system brought */
export async function sharedDatabase(folder: string, kind: 'own' | 'installed'): Promise<SharedDatabase> {
  return kind === 'own' ? ownServer(folder) : installedServer(folder)
}

async function ownServer(folder: string): Promise<SharedDatabase> {
  const server = await startCluster({ directory: folder, tcp: true, revive: true })
  const client = new Client(server.connection('postgres'))
  await client.connect()
  await client.query(`create role chaos login password 'chaos'`)
  await client.query('create database chaos owner chaos')
  await client.end()
  return {
    url: `postgresql://chaos:chaos@127.0.0.1:${server.tcpPort}/chaos`,
    kill: () => killAllIn(path.join(folder, 'data')),
    dispose: () => server.stop(),
  }
}

async function installedServer(folder: string): Promise<SharedDatabase> {
  const programs = await installedPrograms()
  if (programs === undefined) throw new Error('no PostgreSQL from 15 on is installed: see TEST_POSTGRES_BIN in CONTRIBUTING.md')
  const server = await makeTeamServer(programs, folder)
  return {
    url: server.url(),
    async kill() {
      await server.stop('SIGKILL')
      await server.start()
    },
    dispose: () => server.stop(),
  }
}
