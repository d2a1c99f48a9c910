import { createInterface } from 'node:readline'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { EnvironmentView, ParityView } from '../flow/environment/schemas.ts'
import type { LogLine, Progress } from '../flow/environment/provider.port.ts'
import type { RunView } from '../flow/pipeline/schemas.ts'
import { shortDigest } from '../kernel/digest.ts'
import { refused, ThreewaysError, unavailable } from '../kernel/errors.ts'
import { runningServer } from '../server/home.ts'
import { apiInside, at, needsServer, withApi, type Api, type ConnectFlags } from './api.ts'
import { homeFolder, projectFolder, type CliContext } from './context.ts'
import { tellLeftOut } from './deliver.ts'
import { follow } from './follow.ts'
import type { Output } from './output.ts'
import { during, type Ending } from './ending.ts'
import { serveHere } from './serve-here.ts'

type Common = ConnectFlags & { readonly json: boolean }
type UpFlags = Common & { name?: string; revision: string; repository?: string; ttl?: number }

/** Builds the candidate if need be and brings it up. Without a server it lives as long as this command. */
export async function up(this: CliContext, flags: UpFlags, settings: string): Promise<void> {
  const repository = path.resolve(this.cwd, flags.repository ?? projectFolder(this.cwd))
  const home = homeFolder(this, flags.home)
  if (flags.server !== undefined || this.env['THREEWAYS_SERVER'] !== undefined || (await runningServer(home)) !== undefined) {
    await withApi(this, flags, async (api) => upOver(this, api, await build(this.output, api, flags, repository), flags, settings))
    return
  }
  let built: RunView | undefined
  const open = async ({ signal }: Ending) => {
    const server = await serveHere(this, { home, repository, port: undefined, host: undefined }, signal)
    const api = apiInside(server.threeways)
    const close = async () => {
      if (built) await takeDown(api, `${built.stream}/${nameOf(flags, settings)}`)
      await server.close()
    }
    return { api, close }
  }
  await during(this, open, async ({ api }, ending) => {
    built = await build(this.output, api, flags, repository)
    await upOver(this, api, built, flags, settings)
    this.output.say('no server works here, so it lives as long as this command: Ctrl-C ends it (threeways up keeps environments)')
    await ending.asked()
  })
}

const nameOf = (flags: UpFlags, settings: string) => flags.name ?? `my-${settings}`

/** Also one that is only half up; none is fine. */
export async function takeDown(api: Api, id: string): Promise<void> {
  await api.send('DELETE', at`/api/environments?name=${id}`).catch((error: unknown) => {
    if (!(error instanceof ThreewaysError && error.kind === 'notFound')) throw error
  })
}

/** Makes the candidate of a commit, or finds the one that was made. @throws ThreewaysError `CANDIDATE_NOT_BUILT` */
export async function build(output: Output, api: Api, { revision }: { readonly revision: string }, repository: string): Promise<RunView> {
  const asked = { repository, revision, buildOnly: true }
  const { run, leftOut } = await api.send<{ run: RunView; leftOut: string[] }>('POST', '/api/deliveries', asked)
  tellLeftOut(output, leftOut)
  const built = await follow(api, run.id, output)
  if (built.candidate === null)
    throw refused('CANDIDATE_NOT_BUILT', {
      message: `run ${run.id}: ${built.message ?? built.state}`,
      help: `see threeways logs ${run.id}`,
    })
  return built
}

async function upOver(context: CliContext, api: Api, { candidate }: RunView, flags: UpFlags, settings: string): Promise<void> {
  const { output } = context
  const environment = await bringUp(output, api, { candidate, settings, name: nameOf(flags, settings), ttlMs: flags.ttl })
  if (flags.json) output.json(environment)
  else output.result(describe([environment], context))
}

type Wanted = { readonly candidate: string | null; readonly settings: string; readonly name: string; readonly ttlMs?: number | undefined }

/** Brings an environment up and tells how it goes. @throws why it cannot be */
export async function bringUp(output: Output, api: Api, wanted: Wanted): Promise<EnvironmentView> {
  const body = JSON.stringify(wanted)
  const response = await api.open('/api/environments', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  for await (const line of linesOf(response)) {
    const said = JSON.parse(line) as {
      progress?: Progress
      environment?: EnvironmentView
      problem?: { code: string; detail: string; help?: string }
    }
    if (said.progress) output.say(output.colour.dim(`  ${said.progress.subject}: ${said.progress.message}`))
    if (said.problem)
      throw refused(said.problem.code, {
        message: said.problem.detail,
        ...(said.problem.help === undefined ? {} : { help: said.problem.help }),
      })
    if (said.environment) return said.environment
  }
  throw unavailable('SERVER_STRANGE', {
    message: 'the server ended its answer before the environment was up',
    help: 'see its log, and `threeways env ls`',
  })
}

export async function list(this: CliContext, flags: Common): Promise<void> {
  await withApi(this, flags, async (api) => {
    const { environments } = await api.get<{ environments: EnvironmentView[] }>('/api/environments')
    if (flags.json) this.output.json(environments)
    else this.output.result(environments.length === 0 ? 'there are no environments' : describe(environments, this))
  })
}

export async function show(this: CliContext, flags: Common, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    const environment = await api.get<EnvironmentView>(at`/api/environments/one?name=${name}`)
    if (flags.json) this.output.json(environment)
    else this.output.result([describe([environment], this), ...driftTold(environment, this)].join('\n'))
  })
}

export async function heal(this: CliContext, flags: Common, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    needsServer(api)
    const { healed } = await api.send<{ healed: string[] }>('POST', at`/api/environments/heal?name=${name}`)
    if (flags.json) this.output.json({ healed })
    else this.output.result(healed.length === 0 ? `nothing of ${name} has drifted` : `put right: ${healed.join(', ')}`)
  })
}

/** What has drifted, in full. */
function driftTold(environment: EnvironmentView, { output }: CliContext): readonly string[] {
  const { drift } = inFull(environment)
  const { colour } = output
  if (drift.length === 0) return [colour.dim('nothing has drifted')]
  return drift.flatMap(({ kind, about, expected, observed, since, response, reason }) => [
    `${colour.red(`drift: ${kind} ${about}`)} since ${since}${response === 'alert' ? '' : `, ${response === 'heal' ? 'being healed' : 'given up'}`}`,
    `  expected ${expected}`,
    `  found    ${observed}`,
    ...(reason === null ? [] : [colour.dim(`  ${reason}`)]),
  ])
}

const lifeTold = ({ asleep, untilWoken, until }: Pick<EnvironmentView, 'asleep' | 'untilWoken' | 'until'>) => [
  ...(asleep === null ? [] : [`asleep since ${asleep}${untilWoken ? ', no request wakes it' : ''}`]),
  ...(until === null ? [] : [`destroyed at ${until}`]),
]

const driftsShown = 3

export async function apply(this: CliContext, flags: Common, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    needsServer(api)
    const environment = await api.send<EnvironmentView>('POST', at`/api/environments/apply?name=${name}`)
    if (flags.json) this.output.json(environment)
    else this.output.result(describe([environment], this))
  })
}

/** Of which secrets it has another version than a start would give it. */
function outdated(secrets: EnvironmentView['services'][number]['secrets']): string {
  const other = secrets.filter(({ version, latest }) => version !== latest)
  return other
    .map(({ name, version, latest }) => `${name} is version ${version}, ${latest === null ? 'removed' : `now ${latest}`}`)
    .join(', ')
}

function isolationTold({ by, network, why }: EnvironmentView['isolation']): string {
  if (by === 'container') return "in containers, with the machine's network"
  if (by === 'none') return `not isolated: ${why}`
  return `isolated by ${by}${network === 'own' ? '' : ", with the machine's network"}`
}

/** Of traffic that is shared: `5 %`, `5 % (baseline)`. */
function partOf(shares: EnvironmentView['shares'], candidate: string, role: EnvironmentView['services'][number]['role']): string {
  const share = shares.find((one) => one.candidate === candidate && one.role === role)
  return share === undefined || share.percent === 100 ? '' : `${share.percent} %${role === 'main' ? '' : ` (${role})`}`
}

/** What a server that is older than this command says nothing of. */
const unsaid = { environment: { drift: [], limits: null, asleep: null, untilWoken: false, until: null }, service: { secrets: [] } } as const
const inFull = (view: EnvironmentView): EnvironmentView => ({
  ...unsaid.environment,
  ...view,
  services: view.services.map((service) => ({ ...unsaid.service, ...service })),
})

function describe(told: readonly EnvironmentView[], { output }: CliContext): string {
  const { colour } = output
  const environments = told.map(inFull)
  const rows = environments.flatMap(({ id, isolation, services, resources, urls, shares, drift, limits, ...life }) => [
    ...services.map(({ service, candidate, role, replica, running, state, serving, restarts, problem, secrets }, index) => [
      index === 0 ? colour.bold(id) : '',
      replica === 0 ? service : `${service} (${replica + 1})`,
      shortDigest(candidate),
      state === 'ready' ? colour.green(state) : colour.red(state),
      running === candidate ? '' : colour.red(running === null ? 'unknown bits' : `runs ${shortDigest(running)}`),
      serving ? [urls[service], partOf(shares, candidate, role)].filter(Boolean).join(' ') : colour.dim('stands by'),
      [restarts > 0 ? `${restarts} restarts` : '', outdated(secrets), (problem ?? '').split('\n', 1)[0]!].filter(Boolean).join(', '),
    ]),
    ...resources.map(({ name, type, ready }) => [
      services.length === 0 ? colour.bold(id) : '',
      name,
      type,
      ready ? colour.green('ready') : colour.red('down'),
      '',
      '',
      '',
    ]),
    ...(services.length + resources.length === 0 ? [[colour.bold(id), colour.dim('empty'), '', '', '', '', '']] : []),
    ...drift
      .slice(0, driftsShown)
      .map(({ kind, about, observed }) => ['', colour.red(`drift: ${kind}`), about, colour.red(observed.slice(0, 60)), '', '', '']),
    ...(drift.length > driftsShown ? [['', colour.red(`and ${drift.length - driftsShown} more`), '', '', '', '', '']] : []),
    ['', colour.dim([isolationTold(isolation), ...(limits === null ? [] : [limits]), ...lifeTold(life)].join('; ')), '', '', '', '', ''],
  ])
  return output.table(rows)
}

export async function logs(
  this: CliContext,
  flags: Common & { service?: string; lines: number; follow: boolean },
  name: string,
): Promise<void> {
  await withApi(this, flags, async (api) => {
    const query = new URLSearchParams({
      name,
      lines: String(flags.lines),
      follow: String(flags.follow),
      ...(flags.service === undefined ? {} : { service: flags.service }),
    })
    for await (const line of linesOf(await api.open(`/api/environments/logs?${query}`))) {
      const said = JSON.parse(line) as LogLine
      const { service, candidate, line: text } = said
      if (flags.json) this.output.jsonLine(said)
      else this.output.result(`${this.output.colour.cyan(service)} ${this.output.colour.dim(shortDigest(candidate).slice(0, 6))} ${text}`)
    }
  })
}

export async function exec(this: CliContext, flags: Common, name: string, service: string, ...command: string[]): Promise<void> {
  await withApi(this, flags, async (api) => {
    const ran = await api.send<{ code: number | null; stdout: string; stderr: string }>('POST', at`/api/environments/exec?name=${name}`, {
      service,
      command,
    })
    if (flags.json) this.output.json(ran)
    else {
      this.output.passOn(ran.stdout)
      this.output.passOn(ran.stderr, 'stderr')
    }
    this.process.exitCode = ran.code ?? 1
  })
}

export async function diff(this: CliContext, flags: Common, a: string, b: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    const report = await api.get<ParityView>(`/api/environments/diff?${new URLSearchParams({ a, b })}`)
    if (flags.json) this.output.json(report)
    else this.output.result(describeParity(report, this))
    if (!report.passes) this.process.exitCode = 1
  })
}

function describeParity({ a, b, sameCandidate, declared, undeclared, same, passes }: ParityView, { output }: CliContext): string {
  const { colour } = output
  const rows = (differences: ParityView['declared'], mark: string) =>
    differences.map(({ path: place, a: left, b: right }) => [
      `  ${mark} ${place}`,
      left ?? colour.dim('absent'),
      right ?? colour.dim('absent'),
    ])
  return [
    `${a.id} runs ${shortDigest(a.candidate)}, ${b.id} ${sameCandidate ? 'the same candidate' : `runs ${shortDigest(b.candidate)}`}`,
    output.table([...rows(undeclared, colour.red('undeclared')), ...rows(declared, colour.dim('declared'))]),
    passes
      ? colour.green(`${same} values are equal, ${declared.length} differ as declared, none undeclared`)
      : colour.red(`${undeclared.length} undeclared differences: declare them under parity, or remove them`),
  ]
    .filter((line) => line !== '')
    .join('\n')
}

export async function down(this: CliContext, flags: Common, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    needsServer(api)
    const destroyed = await api.send('DELETE', at`/api/environments?name=${name}`)
    if (flags.json) this.output.json(destroyed)
    else this.output.result(`${name} is destroyed: nothing of it is left`)
  })
}

async function* linesOf(response: Response): AsyncIterable<string> {
  if (response.body) yield* createInterface({ input: Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]) })
}
