import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { messageOf, unavailable } from '../errors.ts'
import { run } from '../process.ts'

/** What goes in front of a program of the server, so that it accepts the user it runs as. */
export type Launcher = { readonly command: (program: string, args: readonly string[], libraries: string) => Launched }
export type Launched = { readonly program: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

/**
 * PostgreSQL refuses root, and initdb a user without a name. Both are mapped to a named user of a user namespace of their own:
 * inside it is an ordinary user, outside it keeps its rights to the folder, which only its owner may be able to enter.
 * @throws ThreewaysError `POSTGRES_USER` where the system does not allow that
 */
export async function findLauncher(): Promise<Launcher> {
  if (process.getuid!() !== 0 && hasName())
    return { command: (program, args, libraries) => ({ program, args, env: environment(libraries) }) }
  const uid = await mappableUid()
  const prefix = ['--user', `--map-user=${uid}`, '--']
  const tried = await run('unshare', [...prefix, 'true']).catch((error: unknown) => ({ code: 1, stderr: messageOf(error) }))
  if (tried.code !== 0) throw cannotMap(tried.stderr.trim())
  return {
    // The libraries are for PostgreSQL alone, not for unshare.
    command: (program, args, libraries) => ({
      program: 'unshare',
      args: [...prefix, 'env', `${libraryVariable}=${libraries}`, program, ...args],
      env: environment(undefined),
    }),
  }
}

function cannotMap(why: string) {
  return unavailable('POSTGRES_USER', {
    message: `PostgreSQL does not run as ${process.getuid!() === 0 ? 'root' : 'a user without a name'}, and mapping to another user failed: ${why}`,
    help: 'run as an ordinary user, allow user namespaces (util-linux `unshare --user --map-user`), or set DATABASE_URL to a PostgreSQL server',
  })
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

async function mappableUid(): Promise<number> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const uids = passwd.split('\n').map((line) => Number(line.split(':')[2]))
  const uid = uids.find((candidate) => candidate > 0)
  if (uid === undefined) throw cannotMap('/etc/passwd names no ordinary user')
  return uid
}

const libraryVariable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'

/** Ours, without what would change the server's or initdb's ways. */
function environment(libraries: string | undefined): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/^(PG|LC_|LANG|TZ$)/.test(name)) env[name] = value
  }
  env['LC_ALL'] = 'C'
  if (libraries !== undefined) env[libraryVariable] = libraries
  return env
}
