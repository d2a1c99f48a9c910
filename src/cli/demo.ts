import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { commitChange, makeScratchRepository } from '../../examples/parts-unlimited/story/scratch.ts'
import { storyChanges, type StoryChange } from '../../examples/parts-unlimited/story/changes.ts'
import type { EnvironmentView } from '../flow/environment/schemas.ts'
import type { RunView, StreamView } from '../flow/pipeline/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { refused } from '../kernel/errors.ts'
import { apiInside, type Api } from './api.ts'
import type { CliContext } from './context.ts'
import { follow } from './follow.ts'
import { whileServing } from './serve-here.ts'
import { tellWhere } from './up.ts'

type DemoFlags = { home?: string; port?: number; once: boolean; story: boolean; json: boolean }

/** Delivers the example shop here: a scratch repository, candidate, dev, test, production; then serves until Ctrl-C. */
export async function demo(this: CliContext, flags: DemoFlags): Promise<void> {
  const began = Date.now()
  const { output } = this
  const home = path.resolve(this.cwd, flags.home ?? path.join(import.meta.dirname, '../../.threeways', flags.story ? 'story' : 'demo'))
  const repository = path.join(home, 'parts-unlimited')
  if (flags.story) await forgetStory(this, home, repository)
  await whileServing(this, { home, repository, port: flags.port, host: undefined, page: true }, async (server, ending) => {
    if (!(await stat(repository).catch(() => undefined))) await makeScratchRepository(repository)
    output.say(
      `${output.colour.bold('Threeways')} delivers ${output.colour.bold('Parts Unlimited')}, a small shop, from a commit to production on this machine`,
    )
    tellWhere(this, server)
    const api = apiInside(server.threeways)
    const run = await deliverHere(api, this, repository)
    const url = await productionOf(api, run)
    const took = formatDuration(Date.now() - began)
    if (flags.json) output.json({ run, url, tookMs: Date.now() - began })
    else output.result(`production runs candidate ${run.candidate} at ${url} after ${took}`)
    if (flags.story) await playStory(api, this, repository)
    if (!flags.once) {
      tellWhere(this, server)
      await ending.asked()
    }
  })
}

/**
 * A story begins on new databases: what its last telling migrated would hide the mistakes of this one. Only a home that a
 * telling made is removed, after whatever still ran of it was ended.
 */
async function forgetStory(context: CliContext, home: string, repository: string): Promise<void> {
  if (!(await stat(repository).catch(() => undefined))) return
  await whileServing(context, { home, repository, port: 0, host: undefined }, async () => {})
  await rm(home, { recursive: true, force: true })
}

async function deliverHere(api: Api, { output }: CliContext, repository: string): Promise<RunView> {
  const { run } = await api.send<{ run: RunView }>('POST', '/api/deliveries', { repository })
  output.say(`\n${output.colour.bold(run.commit.slice(0, 8))} "${run.summary}" by ${run.author}`)
  return follow(api, run.id, output)
}

/** Asked of the running system, not of the record. @throws ThreewaysError `PRODUCTION_DIFFERS` */
async function productionOf(api: Api, run: RunView): Promise<string> {
  const { stages } = await api.get<StreamView>(`/api/streams/${run.stream}`)
  const production = stages.at(-1)!.environment!.id
  const { environments } = await api.get<{ environments: EnvironmentView[] }>('/api/environments')
  const found = environments.find(({ id }) => id === production)
  const url = Object.values(found?.urls ?? {})[0]
  const runs = found?.services
    .filter(({ serving }) => serving)
    .every(({ running, state }) => running === run.candidate && state === 'ready')
  if (run.state !== 'succeeded' || found?.traffic !== run.candidate || runs !== true || url === undefined || !(await fetch(url)).ok) {
    throw refused('PRODUCTION_DIFFERS', {
      message: `production does not run candidate ${run.candidate ?? 'of this commit'}: ${run.message ?? run.state}`,
      help: 'the failed step above says why',
    })
  }
  return url
}

/** Good change; a bad one caught in test; one that fails only in production; and the fixes. Each must end as it is told. */
async function playStory(api: Api, context: CliContext, repository: string): Promise<void> {
  const stops = new Map<StoryChange['name'], string>()
  for (const change of storyChanges) {
    const { output } = context
    output.say(`\n${output.colour.cyan(output.colour.bold(change.title))}`)
    const stop = change.fixes === undefined ? undefined : stops.get(change.fixes)
    await commitChange(repository, change, stop)
    const run = await deliverHere(api, context, repository)
    const { line, stages } = await api.get<StreamView>(`/api/streams/${run.stream}`)
    const caused = line.stops.find((open) => open.run === run.id)
    if (caused) {
      stops.set(change.name, caused.id)
      output.say(`  ${output.colour.red(output.colour.bold('THE LINE IS STOPPED'))} ${caused.id}: ${caused.reason}`)
    }
    const production = stages.at(-1)!.running?.card
    output.say(`  production runs ${production?.commit.slice(0, 8)} "${production?.summary}"`)
    refuseOther(change, run, caused?.cause, line.status)
  }
  context.output.result('the story went as it is told')
}

/** @throws ThreewaysError `STORY_WENT_OTHERWISE` */
function refuseOther(change: StoryChange, run: RunView, cause: string | undefined, line: string): void {
  const ends = {
    delivered: run.state === 'succeeded' && line === 'open',
    'found in test': cause === 'red-trunk',
    'rolled back in production': cause === 'rollback',
  }
  if (ends[change.end]) return
  throw refused('STORY_WENT_OTHERWISE', {
    message: `"${change.title}" should end ${change.end}; its run is ${run.state} and the line ${line}${cause === undefined ? '' : ` (${cause})`}`,
  })
}
