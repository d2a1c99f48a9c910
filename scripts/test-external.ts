/**
 * Runs the tests on a PostgreSQL server that the system brought, instead of the embedded one: `npm run test:external [-- what vitest
 * takes]`. The server is made for it in a temporary folder, listens on 127.0.0.1 alone, and nothing is left of it.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { installedPrograms, makeTeamServer } from '../src/kernel/postgres/testing.ts'
import { roomiest } from '../test/global-setup.ts'

const programs = await installedPrograms()
if (programs === undefined) {
  console.error(
    'there is no PostgreSQL from 15 on in /usr/lib/postgresql: install postgresql, or set TEST_POSTGRES_BIN to the folder of its programs',
  )
  process.exit(1)
}
const folder = await mkdtemp(path.join(await roomiest(), 'threeways-external-'))
let child: ReturnType<typeof spawn> | undefined
// A Ctrl-C reaches vitest too; what is left to do here is done when it has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child?.kill(signal))
try {
  // Nobody pulls the plug on a test: it need not wait for the disk.
  const server = await makeTeamServer(programs, path.join(folder, 'data'), {
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  })
  try {
    const [found] = await server.query('show server_version')
    console.log(`on PostgreSQL ${String(found!['server_version'])} of ${programs}`)
    child = spawn(
      process.execPath,
      [path.join(import.meta.dirname, '../node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)],
      {
        env: { ...process.env, TEST_DATABASE_URL: server.url() },
        stdio: 'inherit',
      },
    )
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child!.once('error', reject).once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    await server.stop()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
