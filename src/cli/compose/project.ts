import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeTree } from '../../flow/candidate/folders.ts'
import { boundedTail, boundLog, launch, type Detached } from '../../kernel/detached.ts'
import { writeDurably } from '../../kernel/durable-file.ts'
import { hasCode, invalid, refused, unavailable } from '../../kernel/errors.ts'
import { withFileLock } from '../../kernel/file-lock.ts'
import { isAlive, stopTree, type ProcessIdentity } from '../../kernel/process.ts'
import { openHomeThere, runningServer, userDataFolder } from '../../server/home.ts'

const launcher = path.resolve(import.meta.dirname, '../../../bin/threeways.mjs')
const startMsMax = 120_000
/** The grace of services, and the end of their databases. */
const endMsMax = 120_000
const logBytesMax = 4 * 1024 * 1024

/** What a project of Docker Compose has here: one entry per service that we provide. On disk before anything of it exists. */
export type Note = {
  readonly bind: string
  readonly services: Readonly<Record<string, Provided>>
  /** The server that was started last: it may not have come so far that its home tells of it. */
  readonly server?: ProcessIdentity
}

export type Provided = {
  /** `<stream>/<name>`; null until it is known. */
  readonly environment: string | null
  /** Its processes are ended, its data stays. */
  readonly isStopped: boolean
  readonly built: Built | null
}

/** What it was last made of: the same commit need not be built again. */
export type Built = { readonly commit: string; readonly candidate: string }

export type Project = ReturnType<typeof projectNamed>

/**
 * The server of one project of Docker Compose: in a data folder of its own, so that nothing is left when the project is
 * taken down. It works on when the command ends.
 *
 * @param name - as Compose has it; two projects of one name are one project there, too
 * @throws ThreewaysError `COMPOSE_PROJECT_NAME`
 */
export function projectNamed(name: string, env: NodeJS.ProcessEnv) {
  if (!/^[a-z0-9][a-z0-9_-]{0,99}$/.test(name)) {
    throw invalid('COMPOSE_PROJECT_NAME', {
      message: `"${name}" is no name of a Compose project`,
      help: 'it has lower case letters, digits, "-" and "_", begins with a letter or digit, and at most 100 of them',
    })
  }
  const root = userDataFolder('threeways-compose')
  const folder = path.join(root, name)
  const home = path.join(folder, 'home')
  const noteFile = path.join(folder, 'project.json')
  const logFile = path.join(folder, 'server.log')

  async function start(bind: string): Promise<void> {
    const exitFile = path.join(folder, 'server.exit')
    await rm(exitFile, { force: true })
    await boundLog(logFile, logBytesMax, logBytesMax / 4)
    const address = ['--port', '0', '--services-host', bind]
    const server = await launch({
      command: [process.execPath, launcher, 'up', '--home', home, ...address, '--name', `compose ${name}`],
      cwd: folder,
      env: Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
      logFile,
      exitFile,
    })
    await write({ ...(await note())!, server: server.identity })
    await listening(server)
  }

  async function listening(started: Detached | undefined): Promise<void> {
    for (const deadline = Date.now() + startMsMax; Date.now() < deadline; await sleep(20)) {
      const server = await runningServer(home)
      if (server !== undefined && server.url !== '') return
      if (started && !(await isAlive(started.identity))) break
    }
    throw unavailable('COMPOSE_SERVER', {
      message: `the server of project "${name}" did not come up: ${(await boundedTail(logFile, 2_000)).trim() || 'it said nothing'}`,
      help: `see ${logFile}`,
    })
  }

  const write = (note: Note) => writeDurably(noteFile, `${JSON.stringify(note)}\n`)

  async function note(): Promise<Note | undefined> {
    try {
      return JSON.parse(await readFile(noteFile, 'utf8')) as Note
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  return {
    home,

    note,

    /** One command at a time looks at what there is and changes it. */
    async alone<T>(work: () => Promise<T>): Promise<T> {
      await mkdir(root, { recursive: true, mode: 0o700 })
      return withFileLock(path.join(root, `${name}.lock`), work)
    },

    /** Notes that a service is there, or what became of it. */
    async put(service: string, provided: Provided): Promise<void> {
      const before = await note()
      if (before) await write({ ...before, services: { ...before.services, [service]: provided } })
    },

    async forget(service: string): Promise<Note | undefined> {
      const before = await note()
      if (before === undefined) return undefined
      const { [service]: _, ...services } = before.services
      await write({ ...before, services })
      return { ...before, services }
    },

    /**
     * A server works on it when this returns, and the service is noted.
     * @throws ThreewaysError `COMPOSE_BIND`, `COMPOSE_SERVER`
     */
    async serve(service: string, bind: string): Promise<void> {
      const before = await note()
      const others = Object.keys(before?.services ?? {}).filter((other) => other !== service)
      const differs = before !== undefined && before.bind !== bind
      if (differs && others.length > 0) {
        throw refused('COMPOSE_BIND', {
          message: `services of a project listen at one address: "${others[0]}" asks for ${before.bind}, "${service}" for ${bind}`,
          help: 'give them the same option "bind", or take the project down first',
        })
      }
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const known = before?.services[service] ?? { environment: null, isStopped: false, built: null }
      await write({ ...before, bind, services: { ...before?.services, [service]: known } })
      if (differs) await end()
      await resume(bind)
    },

    /** For those who only end something. */
    resume: async () => resume((await note())!.bind),

    /** Ends the server and all that runs in it; the next one takes it up again. */
    end,

    /** Nothing of the project is left. */
    async remove(): Promise<void> {
      await end()
      const work = await openHomeThere(home).then(
        (opened) => opened.work,
        () => undefined,
      )
      if (work !== undefined) await removeTree(work)
      await removeTree(folder)
    },
  }

  async function resume(bind: string): Promise<void> {
    if ((await runningServer(home)) === undefined) await start(bind)
    else await listening(undefined)
  }

  async function end(): Promise<void> {
    const grace = { signal: 'SIGTERM', graceMs: endMsMax } as const
    const server = await runningServer(home)
    if (server) await stopTree(server.process, undefined, grace)
    const started = (await note())?.server
    if (started) await stopTree(started, undefined, grace)
  }
}
