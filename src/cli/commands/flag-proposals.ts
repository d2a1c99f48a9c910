import { buildCommand } from '@stricli/core'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { proposalLines, proposalTable, type ProposalRow } from '../flag-proposals.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
const common = { ...connectFlags, json: jsonFlag } as const
const reason = { kind: 'parsed', parse: String, brief: 'why; kept on the ledger' } as const
const proposalName = {
  kind: 'tuple',
  parameters: [{ brief: 'its name or the beginning of it, see `threeways flag proposals`', placeholder: 'proposal', parse: String }],
} as const

export const proposals = buildCommand<Common, [], CliContext>({
  async func({ json, ...flags }) {
    await withApi(this, flags, async (api) => {
      const { proposals: waiting } = await api.get<{ proposals: readonly ProposalRow[] }>('/api/flag-proposals')
      if (json) return this.output.json(waiting)
      if (waiting.length === 0) return this.output.result('nothing waits for anybody to agree')
      this.output.result(this.output.table(proposalTable(waiting)))
      for (const line of waiting.flatMap((one) => ['', ...proposalLines(one)])) this.output.result(line)
    })
  },
  parameters: { flags: common },
  docs: { brief: 'List changes of flags that wait for somebody to agree' },
})

export const agree = buildCommand<Common & { reason?: string }, [string], CliContext>({
  async func({ json, reason: said, ...flags }, proposal) {
    await withApi(this, flags, async (api) => {
      // Nobody agrees to what they were not shown.
      const asked = await api.get<ProposalRow>(at`/api/flag-proposals/${proposal}`)
      if (!json) for (const line of proposalLines(asked)) this.output.result(line)
      const made = await api.send<{ published: boolean }>(
        'POST',
        at`/api/flag-proposals/${proposal}/agree`,
        said === undefined ? {} : { reason: said },
      )
      if (json) this.output.json(made)
      else this.output.result(made.published ? 'agreed, and published' : 'agreed; others have to agree too')
    })
  },
  parameters: { flags: { ...common, reason: { ...reason, optional: true } }, positional: proposalName },
  docs: { brief: 'Agree to a change of flags; it is published when enough did' },
})

export const turnDown = buildCommand<Common & { reason: string }, [string], CliContext>({
  async func({ json, reason: said, ...flags }, proposal) {
    await withApi(this, flags, async (api) => {
      const made = await api.send<ProposalRow>('POST', at`/api/flag-proposals/${proposal}/turn-down`, { reason: said })
      if (json) this.output.json(made)
      else this.output.result('turned down')
    })
  },
  parameters: { flags: { ...common, reason }, positional: proposalName },
  docs: { brief: 'Turn a change of flags down' },
})
