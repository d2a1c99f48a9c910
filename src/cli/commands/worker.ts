import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'
import type { WorkerFlags } from '../worker.ts'
import { capacity } from './capacity.ts'

const text = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const

export const workerCommand = buildCommand<WorkerFlags, [], CliContext>({
  loader: async () => (await import('../worker.ts')).worker,
  parameters: {
    flags: {
      server: text('address of the server it works for'),
      token: text('token with the scope "work"; others on this machine see it here, so rather THREEWAYS_TOKEN or --token-file'),
      tokenFile: text('file that holds the token'),
      home: text('data folder of the worker [default: threeways-worker in the data folder of this user]'),
      name: text("what people call it [default: the host's name]"),
      label: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'what this machine has, as name=value, for `on` of a check; may be repeated',
      },
      capacity: { kind: 'parsed', parse: capacity, optional: true, brief: 'steps at the same time [default: as many as processors]' },
    },
  },
  docs: { brief: 'Work for a server on another machine: checkouts, builds and checks' },
})
