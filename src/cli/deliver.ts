import path from 'node:path'
import type { RunView } from '../flow/pipeline/schemas.ts'
import { invalid } from '../kernel/errors.ts'
import { runningServer } from '../server/home.ts'
import { apiInside, withApi, type Api, type ConnectFlags } from './api.ts'
import { homeFolder, projectFolder, type CliContext } from './context.ts'
import { follow, report } from './follow.ts'
import type { Output } from './output.ts'
import { whileServing } from './serve-here.ts'

export type DeliverFlags = ConnectFlags & { json: boolean; repository?: string; detach: boolean; once: boolean }

/** Delivers through the server of this folder; without one, becomes it. */
export async function deliver(this: CliContext, flags: DeliverFlags, revision = 'HEAD'): Promise<void> {
  const repository = path.resolve(this.cwd, flags.repository ?? projectFolder(this.cwd))
  const home = homeFolder(this, flags.home)
  if (flags.server !== undefined || this.env['THREEWAYS_SERVER'] !== undefined || (await runningServer(home)) !== undefined) {
    await withApi(this, flags, async (api) => void (await deliverOver(this, api, flags, repository, revision)))
    return
  }
  if (flags.detach)
    throw invalid('SERVER_NEEDED', {
      message: 'nobody would work on it: no server runs here',
      help: 'start one with `threeways up`, or leave --detach away',
    })
  await whileServing(this, { home, repository, port: undefined, host: undefined }, async (server, ending) => {
    const run = await deliverOver(this, apiInside(server.threeways), flags, repository, revision)
    if (run.state === 'succeeded' && !flags.once && this.process.stdin.isTTY === true) {
      this.output.say(`it runs, and ${server.url} shows the line; Ctrl-C ends both (threeways up --help for a server that stays)`)
      await ending.asked()
    }
  })
}

async function deliverOver(context: CliContext, api: Api, flags: DeliverFlags, repository: string, revision: string): Promise<RunView> {
  const { run, leftOut } = await api.send<{ run: RunView; leftOut: string[] }>('POST', '/api/deliveries', { repository, revision })
  const { output } = context
  output.say(
    `${output.colour.bold(run.stream)} ${run.commit.slice(0, 8)} "${run.summary}" by ${run.author} ${output.colour.dim(`(run ${run.id})`)}`,
  )
  tellLeftOut(output, leftOut)
  if (flags.detach) {
    if (flags.json) output.json(run)
    else output.result(run.id)
    return run
  }
  const ended = await follow(api, run.id, output)
  report(context, flags.json, ended, `${ended.commit.slice(0, 8)} is delivered: candidate ${ended.candidate}`)
  return ended
}

/** Only what is committed is delivered. */
export function tellLeftOut(output: Output, files: readonly string[]): void {
  if (files.length === 0) return
  const some = `${files.slice(0, 5).join(', ')}${files.length > 5 ? ' …' : ''}`
  output.say(output.colour.yellow(`  ${files.length} changed or new file(s) of the work tree are not part of it: ${some}`))
}
