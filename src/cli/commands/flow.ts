import { buildCommand } from '@stricli/core'
import type { StopOnBoard } from '../../feedback/line/schemas.ts'
import type { RunView, StreamView } from '../../flow/pipeline/schemas.ts'
import { invalid } from '../../kernel/errors.ts'
import { at, connectFlags, needsServer, streamNamed, streamUnknown, withApi, type Api, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { report } from '../follow.ts'
import { describeStream } from '../status.ts'

export const jsonFlag = { kind: 'boolean', default: false, withNegated: false, brief: 'print JSON on standard output' } as const
export const csvFlag = {
  kind: 'boolean',
  default: false,
  withNegated: false,
  brief: 'print a table of comma-separated values on standard output',
} as const
export const streamFlag = { kind: 'parsed', parse: String, optional: true, brief: 'the value stream, where there are several' } as const
export const reasonFlag = { kind: 'parsed', parse: String, default: '', brief: 'why; kept on the ledger' } as const

/** A flag's number of things. */
export function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`"${text}" is no whole number from 1 on`)
}

export const positional = (brief: string, placeholder: string) => ({ brief, placeholder, parse: String }) as const

type Common = ConnectFlags & { readonly json: boolean }

export const deliverCommand = buildCommand<Common & { repository?: string; detach: boolean; once: boolean }, [string?], CliContext>({
  loader: async () => (await import('../deliver.ts')).deliver,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      repository: { kind: 'parsed', parse: String, optional: true, brief: 'folder of the repository [default: this one]' },
      detach: { kind: 'boolean', default: false, withNegated: false, brief: 'do not wait for the end (needs a server)' },
      once: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'without a server: end after the delivery instead of serving on',
      },
    },
    positional: { kind: 'tuple', parameters: [{ ...positional('what to deliver [default: HEAD]', 'revision'), optional: true }] },
    aliases: {},
  },
  docs: { brief: 'Take a commit in and walk it through the stages' },
})

export const statusCommand = buildCommand<Common & { stream?: string }, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const { streams } = await api.get<{ streams: StreamView[] }>('/api/streams')
      const shown = flags.stream === undefined ? streams : streams.filter(({ stream }) => stream === flags.stream)
      if (shown.length === 0 && streams.length > 0) throw streamUnknown(flags.stream!, streams)
      if (flags.json) this.output.json(shown)
      else if (shown.length === 0) this.output.result('nothing was delivered here yet: threeways deliver')
      else this.output.result(shown.map((stream) => describeStream(stream, this.output)).join('\n\n'))
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, stream: streamFlag } },
  docs: { brief: 'Show the line: what runs where, what waits and why' },
})

type LineView = { status: string; stops: { id: string; reason: string }[] }

const optionalText = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const

type StopFlags = Common & {
  stream?: string
  all: boolean
  scope?: string
  stage?: string
  service?: string
  environment?: string
  owner?: string
}

export const stopCommand = buildCommand<StopFlags, [string], CliContext>({
  async func(flags, reason) {
    await withApi(this, flags, async (api) => {
      const scope = await scopeMeant(api, flags)
      const owner = flags.owner === undefined ? {} : { owner: flags.owner }
      const stop = await api.send<StopOnBoard>('POST', '/api/line/stops', { reason, scope, ...owner })
      if (flags.json) this.output.json(await lineAsBefore(api, stop))
      else
        this.output.result(
          `${what(stop.scope)} is stopped (${stop.id}): nothing is promoted but a commit that says "Fixes-Stop: ${stop.id}"`,
        )
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: streamFlag,
      all: { kind: 'boolean', default: false, withNegated: false, brief: 'every value stream' },
      stage: optionalText('only this stage'),
      service: optionalText('only candidates that carry this service'),
      environment: optionalText('only what goes to this environment'),
      scope: optionalText('what to stop, written out: stage/*/production'),
      owner: optionalText('who leads the way out'),
    },
    positional: { kind: 'tuple', parameters: [positional('why', 'reason')] },
  },
  docs: { brief: 'Stop the line: promote nothing until it starts again' },
})

/** @throws ThreewaysError `SCOPE_AMBIGUOUS`, and as `streamNamed` */
async function scopeMeant(api: Api, flags: StopFlags): Promise<string> {
  const narrow = (['stage', 'service', 'environment'] as const).filter((kind) => flags[kind] !== undefined)
  if (narrow.length + Number(flags.all) + Number(flags.scope !== undefined) > 1)
    throw invalid('SCOPE_AMBIGUOUS', {
      message: 'a stop has one scope',
      help: 'give one of --all, --stage, --service, --environment and --scope',
    })
  if (flags.all) return 'all'
  if (flags.scope !== undefined) return flags.scope
  const stream = await streamNamed(api, flags.stream)
  const [kind] = narrow
  return kind === undefined ? `service/${stream}` : `${kind}/${stream}/${flags[kind]}`
}

const what = (scope: string) =>
  scope === 'all' ? 'every line' : /^service\/[^/]+$/.test(scope) ? `the line of ${scope.slice('service/'.length)}` : scope

/** What scripts have always got: the line of the value stream. Of a stop that reaches further, or less far, the stop itself. */
async function lineAsBefore(api: Api, stop: StopOnBoard): Promise<unknown> {
  return stop.scope === `service/${stop.stream}` ? api.get(at`/api/streams/${stop.stream}/line`) : stop
}

type StartFlags = Common & { stream?: string; stop?: string; falseStop: boolean }

export const startCommand = buildCommand<StartFlags, [string], CliContext>({
  async func(flags, reason) {
    await withApi(this, flags, async (api) => {
      const { falseStop } = flags
      if (flags.stop !== undefined && flags.stream === undefined) {
        const stop = await api.send<StopOnBoard>('POST', at`/api/line/stops/${flags.stop}/start`, { reason, falseStop })
        if (flags.json) this.output.json(stop.stream === '*' ? stop : await api.get(at`/api/streams/${stop.stream}/line`))
        else this.output.result(`stop ${stop.id} of ${stop.scope} is over`)
        return
      }
      const stream = await streamNamed(api, flags.stream)
      const line = await api.send<LineView>('POST', at`/api/streams/${stream}/start`, {
        reason,
        falseStop,
        ...(flags.stop === undefined ? {} : { stop: flags.stop }),
      })
      if (flags.json) this.output.json(line)
      else if (line.status === 'open') this.output.result(`the line of ${stream} moves again`)
      else
        this.output.result(`the line of ${stream} is still stopped: ${line.stops.map((stop) => `${stop.id} (${stop.reason})`).join(', ')}`)
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: streamFlag,
      stop: { kind: 'parsed', parse: String, optional: true, brief: 'which stop, where several are open' },
      falseStop: { kind: 'boolean', default: false, withNegated: false, brief: 'there was nothing wrong: count it as a false stop' },
    },
    positional: { kind: 'tuple', parameters: [positional('what was done about it', 'reason')] },
  },
  docs: { brief: 'End a stop' },
})

export const rollbackCommand = buildCommand<Common & { stream?: string; reason: string }, [string], CliContext>({
  async func(flags, stage) {
    const { follow } = await import('../follow.ts')
    await withApi(this, flags, async (api) => {
      const stream = await streamNamed(api, flags.stream)
      needsServer(api)
      const started = await api.send<RunView>('POST', at`/api/streams/${stream}/rollback`, { stage, reason: flags.reason })
      const run = await follow(api, started.id, this.output)
      report(this, flags.json, run, `${stage} runs ${run.commit.slice(0, 8)} again; the line is stopped until the fix is delivered`)
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: streamFlag,
      reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' },
    },
    positional: { kind: 'tuple', parameters: [positional('the stage', 'stage')] },
  },
  docs: { brief: 'Bring a stage back to its last verified candidate' },
})

export const cancelCommand = buildCommand<Common & { reason: string }, [string], CliContext>({
  async func(flags, run) {
    await actOnRun(this, flags, at`/api/runs/${run}/cancel`, { reason: flags.reason }, `run ${run} is being cancelled`)
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, reason: reasonFlag },
    positional: { kind: 'tuple', parameters: [positional('the run', 'run')] },
  },
  docs: { brief: 'End a run; stages it is in are settled' },
})

export const rerunCommand = buildCommand<Common & { from: string }, [string], CliContext>({
  async func(flags, run) {
    await actOnRun(this, flags, at`/api/runs/${run}/rerun`, { from: flags.from }, `run ${run} goes on from ${flags.from}`)
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      from: { kind: 'parsed', parse: String, brief: 'the step, as `threeways logs <run>` names it' },
    },
    positional: { kind: 'tuple', parameters: [positional('the run', 'run')] },
  },
  docs: { brief: 'Run again from a step, with the same inputs' },
})

export const logsCommand = buildCommand<Common, [string, string?], CliContext>({
  loader: async () => (await import('../step-logs.ts')).logs,
  parameters: {
    flags: { ...connectFlags, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [positional('the run', 'run'), { ...positional('the step [default: list the steps]', 'step'), optional: true }],
    },
  },
  docs: { brief: 'Print the log of a step' },
})

export async function actOnRun(context: CliContext, flags: Common, path: string, body: object, sentence: string): Promise<void> {
  await withApi(context, flags, async (api) => {
    const run = await api.send<RunView>('POST', path, body)
    if (flags.json) context.output.json(run)
    else context.output.result(api.url === undefined ? `${sentence}, as soon as a server works: threeways up` : sentence)
  })
}
