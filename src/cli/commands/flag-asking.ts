import path from 'node:path'
import { buildCommand } from '@stricli/core'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { contextFrom, readyLines, staleLines, whyTable, type ReadyView, type StaleRow, type WhyRow } from '../flags.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
const common = { ...connectFlags, json: jsonFlag } as const
const environment = { kind: 'parsed', parse: String, brief: 'environment', default: 'production' } as const
const one = { kind: 'tuple', parameters: [{ brief: 'name of the flag', placeholder: 'flag', parse: String }] } as const

export const why = buildCommand<Common & { environment: string; context?: readonly string[] }, [string], CliContext>({
  async func({ json, environment, context = [], ...flags }, unit) {
    await withApi(this, flags, async (api) => {
      const asked = { context: { ...contextFrom(context), targetingKey: unit } }
      const { flags: all } = await api.send<{ flags: readonly WhyRow[] }>('POST', at`/api/flag-sets/${environment}/why`, asked)
      if (json) this.output.json(all)
      else this.output.result(this.output.table(whyTable(all)))
    })
  },
  parameters: {
    flags: {
      ...common,
      environment,
      context: {
        kind: 'parsed',
        parse: String,
        variadic: true,
        optional: true,
        brief: 'attribute, as country=DE; text that reads as a number as zip=\'"01234"\'; several times',
      },
    },
    positional: { kind: 'tuple', parameters: [{ brief: 'whose flags: a targeting key', placeholder: 'unit', parse: String }] },
  },
  docs: { brief: 'Say what somebody gets of every flag, and which rule decided' },
})

export const ready = buildCommand<Common & { environment: string }, [string], CliContext>({
  async func({ json, environment, ...flags }, name) {
    await withApi(this, flags, async (api) => {
      const said = await api.get<ReadyView>(`${at`/api/flags/${name}/readiness`}?environment=${encodeURIComponent(environment)}`)
      if (json) return this.output.json(said)
      for (const line of readyLines(said)) this.output.result(line)
    })
  },
  parameters: { flags: { ...common, environment }, positional: one },
  docs: { brief: 'Say whether what is rehearsed in the dark may be released' },
})

export const stale = buildCommand<Common & { code?: string }, [], CliContext>({
  async func({ json, code, ...flags }) {
    await withApi(this, flags, async (api) => {
      const { flags: all } = await api.get<{ flags: readonly StaleRow[] }>('/api/stale-flags')
      const { codeReferences } = await import('../code-references.ts')
      const folder = code === undefined ? this.cwd : path.resolve(this.process.cwd(), code)
      const found = await codeReferences(
        folder,
        all.map(({ flag }) => flag),
        code !== undefined,
      )
      if (json) return this.output.json(all.map((row) => ({ ...row, code: found?.get(row.flag) ?? null })))
      if (all.length === 0) return this.output.result('no flag is stale')
      for (const line of staleLines(all, found)) this.output.result(line)
    })
  },
  parameters: {
    flags: {
      ...common,
      code: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'repository in which references are looked for [default: this folder]',
      },
    },
  },
  docs: { brief: 'List flags that should go, why, and the code that they stand in' },
})
