import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { invalid } from '../kernel/errors.ts'
import { userDataFolder } from '../server/home.ts'
import { startWorker } from '../server/worker/worker.ts'
import type { CliContext } from './context.ts'
import { during } from './ending.ts'

export type WorkerFlags = {
  server?: string
  token?: string
  tokenFile?: string
  home?: string
  name?: string
  label?: readonly string[]
  capacity?: number
}

/** Works until it is told to end. */
export async function worker(this: CliContext, flags: WorkerFlags): Promise<void> {
  const { env, output } = this
  const server = flags.server ?? env['THREEWAYS_SERVER']
  if (server === undefined)
    throw invalid('SERVER_MISSING', { message: 'which server?', help: 'say it with --server, for example http://builds.example.org:7333' })
  if (!/^https?:\/\//.test(server) || !URL.canParse(server))
    throw invalid('SERVER_INVALID', {
      message: `"${server}" is no address of a server`,
      help: 'write for example http://builds.example.org:7333',
    })
  const options = {
    home: path.resolve(this.cwd, flags.home ?? userDataFolder('threeways-worker')),
    server,
    token: await tokenOf(flags, this),
    name: flags.name ?? hostname(),
    labels: labelsOf(flags.label ?? []),
    capacity: flags.capacity,
    log: (message: string) => output.say(output.colour.dim(message)),
  }
  await during(
    this,
    () => startWorker(options),
    async (_worker, ending) => {
      output.say(`${output.colour.green('●')} works for ${output.colour.bold(server)} as "${options.name}"; Ctrl-C ends it`)
      await ending.asked()
    },
  )
}

async function tokenOf({ token, tokenFile }: WorkerFlags, { env, cwd }: CliContext): Promise<string> {
  const found = token ?? (tokenFile === undefined ? env['THREEWAYS_TOKEN'] : (await readFile(path.resolve(cwd, tokenFile), 'utf8')).trim())
  if (found) return found
  throw invalid('TOKEN_MISSING', {
    message: 'a worker needs a token',
    help: 'make one on the server with `threeways token create <name> --scope work`, and give it in THREEWAYS_TOKEN or with --token-file',
  })
}

function labelsOf(written: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((label) => {
      const [, name, value] = /^([^=]+)=(.+)$/.exec(label) ?? []
      if (name !== undefined && value !== undefined) return [name, value]
      throw invalid('LABEL_INVALID', { message: `"${label}" is no label`, help: 'write --label gpu=1' })
    }),
  )
}
