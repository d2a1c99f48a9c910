import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Board, LineStats, StopOnBoard } from '../../feedback/line/schemas.ts'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { describeBoard, describeStats, describeStop } from '../line-board.ts'
import { parseDuration } from '../../kernel/duration.ts'
import type { GateFlags } from '../gate.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
const positional = (brief: string, placeholder: string) => ({ brief, placeholder, parse: String }) as const
const stopId = positional('id of the stop', 'stop')
const common = { ...connectFlags, json: jsonFlag } as const

async function onStop(
  context: CliContext,
  flags: Common,
  path: string,
  body: object,
  sentence: (stop: StopOnBoard) => string,
): Promise<void> {
  await withApi(context, flags, async (api) => {
    const stop = await api.send<StopOnBoard>('POST', path, body)
    if (flags.json) context.output.json(stop)
    else context.output.result(sentence(stop))
  })
}

const boardCommand = buildCommand<Common, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const board = await api.get<Board>('/api/line')
      if (flags.json) this.output.json(board)
      else this.output.result(describeBoard(board, this.output))
    })
  },
  parameters: { flags: common },
  docs: { brief: 'Show every open stop: why, since when, who leads, what ends it' },
})

const showCommand = buildCommand<Common, [string], CliContext>({
  async func(flags, id) {
    await withApi(this, flags, async (api) => {
      const stop = await api.get<StopOnBoard>(at`/api/line/stops/${id}`)
      if (flags.json) this.output.json(stop)
      else this.output.result(describeStop(stop, this.output))
    })
  },
  parameters: { flags: common, positional: { kind: 'tuple', parameters: [stopId] } },
  docs: { brief: 'Show one stop, open or over' },
})

const statsCommand = buildCommand<Common & { days: number }, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const stats = await api.get<LineStats>(`/api/line/stats?days=${flags.days}`)
      if (flags.json) this.output.json(stats)
      else this.output.result(describeStats(stats, this.output))
    })
  },
  parameters: { flags: { ...common, days: { kind: 'parsed', parse: Number, default: '30', brief: 'how far back' } } },
  docs: { brief: 'Minutes stopped, time to join and to restart, causes, false stops, leaks' },
})

const noteCommand = buildCommand<Common, [string, string], CliContext>({
  async func(flags, id, note) {
    await onStop(this, flags, at`/api/line/stops/${id}/notes`, { note }, () => `noted on ${id}`)
  },
  parameters: { flags: common, positional: { kind: 'tuple', parameters: [stopId, positional('what was found out', 'note')] } },
  docs: { brief: 'Say what was found out about a stop' },
})

const judge = (falseStop: boolean, brief: string) =>
  buildCommand<Common & { reason: string }, [string], CliContext>({
    async func(flags, id) {
      const body = { falseStop, reason: flags.reason }
      await onStop(this, flags, at`/api/line/stops/${id}/verdict`, body, () => `${id} counts as a ${falseStop ? 'false' : 'right'} stop`)
    },
    parameters: {
      flags: { ...common, reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } },
      positional: { kind: 'tuple', parameters: [stopId] },
    },
    docs: { brief },
  })

export const lineRoutes = buildRouteMap<string, CliContext>({
  routes: {
    board: boardCommand,
    show: showCommand,
    stats: statsCommand,
    note: noteCommand,
    'mark-false': judge(true, 'Say that there was nothing wrong: a false stop'),
    'mark-right': judge(false, 'Take that back: it was right to stop'),
  },
  defaultCommand: 'board',
  docs: { brief: 'The stop board, and how the line did' },
})

export const joinCommand = buildCommand<Common & { who?: string }, [string], CliContext>({
  async func(flags, id) {
    const body = flags.who === undefined ? {} : { who: flags.who }
    await onStop(this, flags, at`/api/line/stops/${id}/join`, body, ({ helpers }) => `${helpers.map(({ who }) => who).join(', ')} on ${id}`)
  },
  parameters: {
    flags: { ...common, who: { kind: 'parsed', parse: String, optional: true, brief: 'who comes [default: whose token it is]' } },
    positional: { kind: 'tuple', parameters: [stopId] },
  },
  docs: { brief: 'Come to help with a stop' },
})

export const ownCommand = buildCommand<Common & { owner?: string }, [string], CliContext>({
  async func(flags, id) {
    const body = flags.owner === undefined ? {} : { owner: flags.owner }
    await onStop(this, flags, at`/api/line/stops/${id}/owner`, body, ({ owner }) => `${owner} leads the way out of ${id}`)
  },
  parameters: {
    flags: { ...common, owner: { kind: 'parsed', parse: String, optional: true, brief: 'who leads [default: whose token it is]' } },
    positional: { kind: 'tuple', parameters: [stopId] },
  },
  docs: { brief: 'Lead the way out of a stop, or say who does' },
})

export const gateCommand = buildCommand<GateFlags, [string], CliContext>({
  loader: async () => (await import('../gate.ts')).gate,
  parameters: {
    flags: {
      ...common,
      posture: { kind: 'parsed', parse: String, optional: true, brief: 'a signed posture in a file, instead of a server' },
      key: { kind: 'parsed', parse: String, optional: true, brief: 'public key to check it with, as `/api/line/keys` gives it' },
      wait: { kind: 'parsed', parse: parseDuration, optional: true, brief: 'so long for the line to open: 10m' },
    },
    positional: { kind: 'tuple', parameters: [positional('what is to move: shop, stage/shop/production, all', 'scope')] },
  },
  docs: { brief: 'For any CI: 0 the line is open, 10 it is stopped, 11 nobody can tell' },
})
