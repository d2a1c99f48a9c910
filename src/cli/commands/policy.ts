import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { count, jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
type Version = {
  readonly version: number
  readonly document: string
  readonly by: string | null
  readonly reason: string | null
  readonly setAt: string | null
}

const set = buildCommand<Common & { reason: string }, [string], CliContext>({
  async func(flags, file) {
    const document = await readFile(path.resolve(this.process.cwd(), file), 'utf8')
    await withApi(this, flags, async (api) => {
      const made = await api.send<Version>('PUT', '/api/policy', { document, file, reason: flags.reason })
      if (flags.json) this.output.json(made)
      else this.output.result(`version ${made.version} of the policy holds from now on`)
    })
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag, reason: { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } },
    positional: { kind: 'tuple', parameters: [{ brief: 'YAML, see docs/policy.md', placeholder: 'file', parse: String }] },
  },
  docs: { brief: 'Change the policy of the server' },
})

const show = buildCommand<Common & { version?: number }, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const shown = await api.get<Version>(flags.version === undefined ? '/api/policy' : `/api/policy?version=${flags.version}`)
      if (flags.json) return this.output.json(shown)
      if (shown.by !== null) this.output.say(`version ${shown.version}, set by ${shown.by} at ${shown.setAt}: ${shown.reason}`)
      this.output.result(shown.document.trimEnd())
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      version: { kind: 'parsed', parse: count, optional: true, brief: 'which [default: what holds now]' },
    },
  },
  docs: { brief: 'Show the policy of the server' },
})

const log = buildCommand<Common, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const { versions } = await api.get<{ versions: Omit<Version, 'document'>[] }>('/api/policy/versions')
      if (flags.json) this.output.json(versions)
      else if (versions.length === 0) this.output.result('nobody has set a policy: the default holds (threeways policy show)')
      else {
        const rows = versions.map(({ version, setAt, by, reason }) => [String(version), setAt ?? '', by ?? '', reason ?? ''])
        this.output.result(this.output.table([['VERSION', 'SET', 'BY', 'WHY'], ...rows]))
      }
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag } },
  docs: { brief: 'List who changed the policy, when and why' },
})

export const policyRoutes = buildRouteMap({
  routes: { set, show, log },
  docs: { brief: 'Who may approve, bypass and lift holds, and whether automation may promote' },
})
