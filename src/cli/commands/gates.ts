import { buildCommand } from '@stricli/core'
import type { ApprovalView, GateView, HoldView } from '../../flow/pipeline/schemas.ts'
import { at, connectFlags, streamNamed, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { actOnRun, jsonFlag, positional, reasonFlag, streamFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }

const runAndStage = { kind: 'tuple', parameters: [positional('the run', 'run'), positional('the stage', 'stage')] } as const
const needed = { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } as const

export const approveCommand = buildCommand<Common & { reason: string }, [string, string], CliContext>({
  async func(flags, run, stage) {
    await actOnRun(
      this,
      flags,
      at`/api/runs/${run}/stages/${stage}/approve`,
      { reason: flags.reason },
      `run ${run} is approved for ${stage}`,
    )
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, reason: reasonFlag }, positional: runAndStage },
  docs: { brief: 'Approve the candidate of a run for a stage' },
})

export const rejectCommand = buildCommand<Common & { reason: string }, [string, string], CliContext>({
  async func(flags, run, stage) {
    await actOnRun(this, flags, at`/api/runs/${run}/stages/${stage}/reject`, { reason: flags.reason }, `run ${run} does not enter ${stage}`)
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, reason: needed }, positional: runAndStage },
  docs: { brief: 'Refuse to let the candidate of a run into a stage' },
})

export const promoteCommand = buildCommand<Common & { reason: string; emergency: boolean }, [string, string], CliContext>({
  async func(flags, run, stage) {
    const { reason, emergency } = flags
    const path = emergency ? at`/api/runs/${run}/stages/${stage}/emergency` : at`/api/runs/${run}/stages/${stage}/promote`
    const past = emergency ? ' past the stopped line, which stays stopped' : ''
    await actOnRun(this, flags, path, { reason }, `run ${run} may enter ${stage}${past}`)
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      reason: reasonFlag,
      emergency: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'only past a stopped line; other gates are asked as always',
      },
    },
    positional: runAndStage,
  },
  docs: { brief: 'Let a candidate into a stage: lift what holds it, and approve it' },
})

export const bypassCommand = buildCommand<Common & { reason: string; gate?: 'soak' | 'shadow' | 'window' }, [string, string], CliContext>({
  async func(flags, run, stage) {
    const body = { reason: flags.reason, ...(flags.gate === undefined ? {} : { gate: flags.gate }) }
    await actOnRun(this, flags, at`/api/runs/${run}/stages/${stage}/bypass`, body, `run ${run} need not wait to enter ${stage}`)
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      reason: needed,
      gate: { kind: 'enum', values: ['soak', 'shadow', 'window'], optional: true, brief: 'only this gate [default: whichever is closed]' },
    },
    positional: runAndStage,
  },
  docs: {
    brief: 'Let a candidate in before its soak time is over, before copies of requests have shown enough, or outside the change windows',
  },
})

export const liftCommand = buildCommand<Common & { reason: string; stream?: string }, [string, string], CliContext>({
  async func(flags, candidate, stage) {
    await withApi(this, flags, async (api) => {
      const stream = await streamNamed(api, flags.stream)
      const lifted = await api.send('POST', at`/api/streams/${stream}/holds/lift`, { stage, candidate, reason: flags.reason })
      if (flags.json) this.output.json(lifted)
      else this.output.result(`${candidate} is not held out of ${stage} any longer`)
    })
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, stream: streamFlag, reason: needed },
    positional: { kind: 'tuple', parameters: [positional('digest or commit', 'candidate'), positional('the stage', 'stage')] },
  },
  docs: { brief: 'Say why a candidate that was rolled back may enter a stage again' },
})

export const approvalsCommand = buildCommand<Common & { stream?: string }, [], CliContext>({
  async func(flags) {
    const { describeApproval } = await import('../gates.ts')
    await withApi(this, flags, async (api) => {
      const query = flags.stream === undefined ? '' : at`?stream=${flags.stream}`
      const { approvals } = await api.get<{ approvals: ApprovalView[] }>(`/api/approvals${query}`)
      if (flags.json) this.output.json(approvals)
      else if (approvals.length === 0) this.output.result('nothing waits for a person')
      else this.output.result(approvals.map((item) => describeApproval(item, this.output)).join('\n\n'))
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, stream: streamFlag } },
  docs: { brief: 'List what waits for a person: what it brings, and who may act' },
})

export const holdsCommand = buildCommand<Common & { stream?: string }, [], CliContext>({
  async func(flags) {
    const { holdRows } = await import('../gates.ts')
    await withApi(this, flags, async (api) => {
      const query = flags.stream === undefined ? '' : at`?stream=${flags.stream}`
      const { holds } = await api.get<{ holds: HoldView[] }>(`/api/holds${query}`)
      if (flags.json) this.output.json(holds)
      else this.output.result(holds.length === 0 ? 'nothing is held' : this.output.table(holdRows(holds, this.output)))
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, stream: streamFlag } },
  docs: { brief: 'List candidates that were rolled back and are kept out of a stage' },
})

export const gatesCommand = buildCommand<Common & { stream?: string; since?: string; all: boolean }, [], CliContext>({
  async func(flags) {
    const { gateRows } = await import('../gates.ts')
    await withApi(this, flags, async (api) => {
      const query = new URLSearchParams()
      if (flags.stream !== undefined) query.set('stream', flags.stream)
      if (flags.since !== undefined) query.set('since', flags.since)
      const { gates } = await api.get<{ gates: GateView[] }>(`/api/gates?${query}`)
      const rows = gateRows(gates, flags.all)
      if (flags.json) this.output.json(gates)
      else this.output.result(rows.length === 1 ? 'no gate has kept a candidate waiting' : this.output.table(rows))
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: streamFlag,
      since: { kind: 'parsed', parse: String, optional: true, brief: 'only waits from this time on, as 2026-11-25T00:00:00Z' },
      all: { kind: 'boolean', default: false, withNegated: false, brief: 'also gates that were never closed' },
    },
  },
  docs: { brief: 'Show what each gate costs in waiting, and what it has caught' },
})
