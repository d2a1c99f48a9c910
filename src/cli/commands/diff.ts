import { buildCommand } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { jsonFlag } from './flow.ts'

export const diffCommand = buildCommand<ConnectFlags & { json: boolean; stage: string; patch: boolean }, [string], CliContext>({
  loader: async () => (await import('../difference.ts')).diff,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stage: { kind: 'parsed', parse: String, default: 'production', brief: 'what to compare with: a stage, or another candidate' },
      patch: { kind: 'boolean', default: false, withNegated: false, brief: 'also the text of every file that changed' },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'a candidate, or a commit that was delivered', placeholder: 'candidate', parse: String }],
    },
    aliases: { p: 'patch' },
  },
  docs: { brief: 'Show what a candidate changes of what runs: code, configuration, environment, packages' },
})
