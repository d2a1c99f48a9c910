import { buildCommand } from '@stricli/core'
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

export const promoteCommand = buildCommand<Common & { reason: string }, [string, string], CliContext>({
  async func(flags, run, stage) {
    await actOnRun(this, flags, at`/api/runs/${run}/stages/${stage}/promote`, { reason: flags.reason }, `run ${run} may enter ${stage}`)
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, reason: reasonFlag }, positional: runAndStage },
  docs: { brief: 'Let a candidate into a stage: lift what holds it, and approve it' },
})

export const bypassCommand = buildCommand<Common & { reason: string; gate?: 'soak' | 'window' }, [string, string], CliContext>({
  async func(flags, run, stage) {
    const body = { reason: flags.reason, ...(flags.gate === undefined ? {} : { gate: flags.gate }) }
    await actOnRun(
      this,
      flags,
      at`/api/runs/${run}/stages/${stage}/bypass`,
      body,
      `run ${run} need not wait for its time to enter ${stage}`,
    )
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      reason: needed,
      gate: { kind: 'enum', values: ['soak', 'window'], optional: true, brief: 'only this gate [default: whichever is closed]' },
    },
    positional: runAndStage,
  },
  docs: { brief: 'Let a candidate in before its soak time is over, or outside the change windows' },
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
