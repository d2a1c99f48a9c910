import { buildCommand, buildRouteMap } from '@stricli/core'
import { at, connectFlags, withApi, type Api, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { flagFiles, flagTable, flagsIn, apartLines, lifeTable, rampFrom, shareText, type FlagDetail, type FlagRow } from '../flags.ts'
import { proposalOf, proposedLine, type ProposalRow } from '../flag-proposals.ts'
import { publishedLine, switchedLine, type Published } from '../flag-answers.ts'
import { previewLines, type Preview } from '../flag-preview.ts'
import { ready, stale, why } from './flag-asking.ts'
import { agree, proposals, turnDown } from './flag-proposals.ts'
import { count, jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
type Changing = Common & { readonly reason: string; readonly expected?: number }

const common = { ...connectFlags, json: jsonFlag } as const
const reason = { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } as const
const environment = { kind: 'parsed', parse: String, brief: 'environment', default: 'production' } as const
const expected = { kind: 'parsed', parse: count, optional: true, brief: 'refuse if another revision stands by now' } as const
const unready = { kind: 'boolean', brief: 'take it out of the dark, whatever rehearsals showed', default: false } as const
const propose = { kind: 'boolean', brief: 'let others agree first', default: false } as const
const flagName = { brief: 'name of the flag', placeholder: 'flag', parse: String } as const
const one = { kind: 'tuple', parameters: [flagName] } as const

const ls = buildCommand<Common & { environment?: string }, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const { flags: every } = await api.get<{ flags: readonly FlagRow[] }>('/api/flags')
      const all = flags.environment === undefined || every.length === 0 ? every : flagsIn(every, flags.environment)
      if (flags.json) return this.output.json(all)
      if (all.length === 0) return this.output.result('there is no flag yet: publish one with `threeways flag set FILE --reason WHY`')
      this.output.result(this.output.table(flagTable(all)))
    })
  },
  parameters: { flags: { ...common, environment: { kind: 'parsed', parse: String, optional: true, brief: 'only this one' } } },
  docs: { brief: 'List flags: how each stands, where, and who answers for it' },
})

const show = buildCommand<Common & { yaml: boolean }, [string], CliContext>({
  async func(flags, name) {
    await withApi(this, flags, async (api) => {
      const flag = await api.get<FlagDetail>(at`/api/flags/${name}`)
      if (flags.json) return this.output.json(flag)
      if (flags.yaml) return this.output.result(flag.text.trimEnd())
      this.output.result(flag.text)
      for (const line of apartLines(flag)) this.output.result(line)
      this.output.result(this.output.table(lifeTable(flag.revisions)))
    })
  },
  parameters: { flags: { ...common, yaml: { kind: 'boolean', brief: 'only as its file has it', default: false } }, positional: one },
  docs: { brief: 'Show a flag and its life: every revision, who made it and why' },
})

type Setting = Changing & {
  readonly propose: boolean
  readonly unready: boolean
  readonly over: boolean
  readonly rebucket: boolean
  readonly dryRun: boolean
}
const set = buildCommand<Setting, string[], CliContext>({
  async func({ json, dryRun, ...flags }, ...paths) {
    const files = await flagFiles(this.process.cwd(), paths)
    await withApi(
      this,
      flags,
      async (api) => {
        const { over, rebucket, unready, reason, expected, propose: isProposed } = flags
        const sent = { files, over, rebucket, unready, reason, ...(expected === undefined ? {} : { expected }) }
        if (dryRun) {
          const { flags: previews } = await api.send<{ flags: readonly Preview[] }>('POST', '/api/flags/preview', { files })
          if (json) this.output.json(previews)
          else for (const line of previews.flatMap(previewLines)) this.output.result(line)
          // What stands against it is told as it would be.
          if (!isProposed) await api.send('PUT', '/api/flags', { ...sent, dryRun: true })
          return
        }
        if (isProposed) {
          const made = await api.send<ProposalRow>('POST', '/api/flag-proposals', { set: { files, over, rebucket, unready }, reason })
          return json ? this.output.json(made) : this.output.result(proposedLine(made))
        }
        const { flags: made } = await api.send<{ flags: readonly Published[] }>('PUT', '/api/flags', sent)
        if (json) return this.output.json(made)
        for (const one of made) tellPublished(this.output, one)
      },
      { makesHome: true },
    )
  },
  parameters: {
    flags: {
      ...common,
      reason: { ...reason, default: 'as its file has it' },
      expected,
      propose,
      over: { kind: 'boolean', brief: 'undo what was changed elsewhere since', default: false },
      unready,
      rebucket: { kind: 'boolean', brief: 'it is meant that units are moved from what they see', default: false },
      dryRun: { kind: 'boolean', brief: 'only say what it would do', default: false },
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { brief: 'YAML or JSON file, or a folder with such files; see docs/flags.md', placeholder: 'file', parse: String },
    },
  },
  docs: { brief: 'Publish flags from files, all or none' },
})

type Sent = {
  readonly name: string
  readonly wish: { readonly reason: string; readonly environment: string }
  readonly json: boolean
  readonly isProposed: boolean
}

/** Asks for what somebody wishes of a flag, or proposes it. */
async function send({ output }: CliContext, api: Api, { name, wish, json, isProposed }: Sent): Promise<void> {
  if (isProposed) {
    const proposed = await api.send<ProposalRow>('POST', '/api/flag-proposals', proposalOf(name, wish))
    return json ? output.json(proposed) : output.result(proposedLine(proposed))
  }
  const made = await api.send<Published>('POST', at`/api/flags/${name}/stand`, wish)
  if (json) output.json(made)
  else tellPublished(output, made, wish.environment)
}

function tellPublished(output: CliContext['output'], made: Published, environment?: string): void {
  output.result(publishedLine(made, Date.now(), environment))
  for (const note of made.notes) output.say(output.colour.yellow(`${made.flag}: ${note}`))
}

type Standing = Changing & {
  readonly environment: string
  readonly state?: 'off' | 'dark' | 'ramp' | 'on' | 'retired'
  readonly serve?: string
  readonly sample?: string
  readonly unready: boolean
  readonly propose: boolean
}

const stand = buildCommand<Standing, [string], CliContext>({
  async func({ json, environment, state, serve, sample, reason, expected, unready, propose: isProposed, ...flags }, name) {
    await withApi(this, flags, async (api) => {
      const wish = {
        environment,
        reason,
        unready,
        ...(state === undefined ? {} : { state }),
        ...(serve === undefined ? {} : { serve }),
        ...(sample === undefined ? {} : { sample: shareText(sample) }),
        ...(expected === undefined ? {} : { expected }),
      }
      await send(this, api, { name, wish, json, isProposed })
    })
  },
  parameters: {
    flags: {
      ...common,
      environment,
      state: { kind: 'enum', values: ['off', 'dark', 'ramp', 'on', 'retired'], optional: true, brief: 'what it is to be' },
      serve: { kind: 'parsed', parse: String, optional: true, brief: 'the variant that everybody gets' },
      sample: { kind: 'parsed', parse: String, optional: true, brief: 'share of units that rehearse it in the dark' },
      reason,
      expected,
      unready,
      propose,
    },
    positional: one,
  },
  docs: { brief: 'Change the state of a flag in one environment' },
})

const ramp = buildCommand<Changing & { environment: string; over?: string; unready: boolean; propose: boolean }, string[], CliContext>({
  async func({ json, environment, reason, expected, over, unready, propose: isProposed, ...flags }, ...words) {
    const [name, ...shares] = words as [string, ...string[]]
    const how = rampFrom(shares, over)
    await withApi(this, flags, async (api) => {
      const wish = { environment, reason, unready, ...how, ...(expected === undefined ? {} : { expected }) }
      await send(this, api, { name, wish, json, isProposed })
    })
  },
  parameters: {
    flags: {
      ...common,
      environment,
      over: { kind: 'parsed', parse: String, optional: true, brief: 'reach the share evenly over this time: 24h' },
      reason,
      expected,
      unready,
      propose,
    },
    positional: {
      kind: 'array',
      minimum: 2,
      parameter: {
        brief: 'name of the flag, then a share: 5%; shares of variants: red=20% blue=20%; or steps: 1%/1h 5%/1d 50%/until:EXPERIMENT 100%',
        placeholder: 'flag share',
        parse: String,
      },
    },
  },
  docs: { brief: 'Give a variant to a share of units; who saw it goes on seeing it' },
})

const switching = (verb: 'kill' | 'revive', brief: string) =>
  buildCommand<Common & { reason: string; environment?: string }, [string], CliContext>({
    async func({ json, environment, reason, ...flags }, name) {
      await withApi(this, flags, async (api) => {
        const path = verb === 'kill' ? at`/api/flags/${name}/kill` : at`/api/flags/${name}/revive`
        const made = await api.send<Published>('POST', path, { reason, ...(environment === undefined ? {} : { environment }) })
        if (json) this.output.json(made)
        else this.output.result(switchedLine(made, verb, Date.now(), environment))
      })
    },
    parameters: {
      flags: {
        ...common,
        reason,
        environment: { kind: 'parsed', parse: String, optional: true, brief: 'only there [default: everywhere]' },
      },
      positional: one,
    },
    docs: { brief },
  })

const waiting = (verb: 'pause' | 'resume', brief: string, told: string) =>
  buildCommand<Common & { reason: string; environment: string }, [string], CliContext>({
    async func({ json, environment, reason, ...flags }, name) {
      await withApi(this, flags, async (api) => {
        const path = verb === 'pause' ? at`/api/flags/${name}/pause` : at`/api/flags/${name}/resume`
        const made = await api.send<Published>('POST', path, { reason, environment })
        if (json) this.output.json(made)
        else {
          this.output.result(`the ramp of ${name} ${told} in ${environment}`)
          tellPublished(this.output, made, environment)
        }
      })
    },
    parameters: { flags: { ...common, reason, environment }, positional: one },
    docs: { brief },
  })

export const flagRoutes = buildRouteMap({
  routes: {
    ls,
    show,
    set,
    stand,
    ramp,
    pause: waiting('pause', 'Let the plan of a ramp wait', 'waits'),
    resume: waiting('resume', 'Let the plan of a ramp go on', 'goes on'),
    kill: switching('kill', 'Give everybody control, at once'),
    revive: switching('revive', 'Take the kill switch back'),
    proposals,
    agree,
    turnDown,
    why,
    ready,
    stale,
  },
  docs: { brief: 'Release apart from deploy: flags, ramps, the kill switch' },
})
