import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { buildCommand, buildRouteMap } from '@stricli/core'
import { invalid, ThreewaysError } from '../../kernel/errors.ts'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import {
  everyLine,
  experimentTable,
  overlapTable,
  statusLines,
  type ExperimentRow,
  type ExperimentStatus,
  type Overlaps,
} from '../experiments.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
const common = { ...connectFlags, json: jsonFlag } as const
const one = { kind: 'tuple', parameters: [{ brief: 'name of the experiment', placeholder: 'experiment', parse: String }] } as const

const plan = buildCommand<Common, [string], CliContext>({
  async func({ json, ...flags }, file) {
    const { planFrom } = await import('../experiment-plan.ts')
    const written = planFrom(await readFile(path.resolve(this.process.cwd(), file), 'utf8'), file)
    await withApi(
      this,
      flags,
      async (api) => {
        const made = await api
          .send<ExperimentRow & { readonly notes: readonly string[] }>('POST', '/api/experiments', { plan: written.value })
          .catch((error: unknown) => {
            throw error instanceof ThreewaysError && error.code === 'EXPERIMENT_PLAN' ? written.refusal(error.faults) : error
          })
        if (json) return this.output.json(made)
        this.output.result(`${made.experiment} is written down; it begins with \`threeways experiment start ${made.experiment}\``)
        for (const note of made.notes) this.output.result(note)
      },
      { makesHome: true },
    )
  },
  parameters: {
    flags: common,
    positional: { kind: 'tuple', parameters: [{ brief: 'YAML or JSON, see docs/experiments.md', placeholder: 'file', parse: String }] },
  },
  docs: { brief: 'Write down what an experiment asks, before anybody is exposed' },
})

const start = buildCommand<Common, [string], CliContext>({
  async func({ json, ...flags }, name) {
    await withApi(this, flags, async (api) => {
      const made = await api.send<ExperimentRow>('POST', at`/api/experiments/${name}/start`)
      if (json) this.output.json(made)
      else this.output.result(`${name} runs: whoever is exposed to ${made.flag} in ${made.environment} counts from now on`)
    })
  },
  parameters: { flags: common, positional: one },
  docs: { brief: 'Begin an experiment: what was written down stays so from now on' },
})

const ls = buildCommand<Common, [], CliContext>({
  async func({ json, ...flags }) {
    await withApi(this, flags, async (api) => {
      const { experiments } = await api.get<{ experiments: readonly ExperimentRow[] }>('/api/experiments')
      if (json) return this.output.json(experiments)
      if (experiments.length === 0)
        return this.output.result('there is no experiment yet: write one down with `threeways experiment plan FILE`')
      this.output.result(this.output.table(experimentTable(experiments)))
    })
  },
  parameters: { flags: common },
  docs: { brief: 'List experiments' },
})

const status = buildCommand<Common, [string], CliContext>({
  async func({ json, ...flags }, name) {
    await withApi(this, flags, async (api) => {
      const said = await api.get<ExperimentStatus>(at`/api/experiments/${name}`)
      if (json) return this.output.json(said)
      const { head, table, foot } = statusLines(said)
      for (const line of head) this.output.result(line)
      if (table.length > 1) this.output.result(this.output.table(table))
      for (const line of foot) this.output.result(line)
    })
  },
  parameters: { flags: common, positional: one },
  docs: { brief: 'Say what an experiment says by now, what it may not say yet, and what that would take' },
})

const interactions = buildCommand<Common, [], CliContext>({
  async func({ json, ...flags }) {
    await withApi(this, flags, async (api) => {
      const said = await api.get<Overlaps>('/api/experiment-overlaps')
      if (json) return this.output.json(said)
      if (said.overlaps.length === 0) return this.output.result('no two experiments run in one environment')
      this.output.result(this.output.table(overlapTable(said)))
      for (const line of everyLine(said)) this.output.result(line)
    })
  },
  parameters: { flags: common },
  docs: { brief: 'Say of experiments that run at once whether their effects depend on each other' },
})

type Deciding = Common & {
  readonly ship: boolean
  readonly arm?: string
  readonly keep: boolean
  readonly stop: boolean
  readonly againstRule: boolean
  readonly reason: string
}

const decide = buildCommand<Deciding, [string], CliContext>({
  async func({ json, ship, arm, keep, stop, againstRule, reason, ...flags }, name) {
    if ([ship || arm !== undefined, keep, stop].filter(Boolean).length !== 1)
      throw invalid('DECISION_MISSING', { message: 'it takes one decision', help: 'say one of --ship, --keep and --stop' })
    const decision = keep ? 'keep control' : stop ? 'stop' : 'ship'
    await withApi(this, flags, async (api) => {
      const body = { decision, reason, againstRule, ...(arm === undefined ? {} : { arm }) }
      const made = await api.send<ExperimentRow>('POST', at`/api/experiments/${name}/decide`, body)
      if (json) return this.output.json(made)
      const against = made.decided?.isAgainstRule ? ', against its rule' : ''
      this.output.result(
        `${name} is decided${made.decided?.isEarly ? ' early' : ''}${against}: ${decision}${made.decided?.arm ? ` ${made.decided.arm}` : ''}. Recommended was ${made.decided?.recommended ?? 'nothing'}`,
      )
      if (made.decided?.arm)
        this.output.result(
          `give it to everybody: threeways flag stand ${made.flag} --environment ${made.environment} --serve ${made.decided.arm} --reason WHY`,
        )
    })
  },
  parameters: {
    flags: {
      ...common,
      ship: { kind: 'boolean', brief: 'the treatment', default: false },
      arm: { kind: 'parsed', parse: String, optional: true, brief: 'which treatment, where there are several' },
      keep: { kind: 'boolean', brief: 'control stays', default: false },
      stop: { kind: 'boolean', brief: 'nothing follows from it', default: false },
      againstRule: { kind: 'boolean', brief: 'ship also what the rule that was written down does not', default: false },
      reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' },
    },
    positional: one,
  },
  docs: { brief: 'Decide what follows, and end the experiment' },
})

export const experimentRoutes = buildRouteMap({
  routes: { plan, start, ls, status, interactions, decide },
  docs: { brief: 'Experiments in production: written down, counted, decided' },
})
