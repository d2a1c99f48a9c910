import { buildCommand } from '@stricli/core'
import { at, connectFlags, streamNamed, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { shadowLines } from '../shadow.ts'
import type { ShadowView } from '../../flow/dark/shadow/schemas.ts'
import { jsonFlag } from './flow.ts'

export const shadowCommand = buildCommand<ConnectFlags & { readonly json: boolean }, [string?], CliContext>({
  async func(flags, named) {
    await withApi(this, flags, async (api) => {
      const stream = await streamNamed(api, named)
      const { shadows } = await api.get<{ shadows: readonly ShadowView[] }>(at`/api/streams/${stream}/shadows`)
      if (flags.json) return this.output.json(shadows)
      if (shadows.length === 0) return this.output.result(`nothing that runs in ${stream} gets copies of requests`)
      for (const line of shadows.flatMap(shadowLines)) this.output.result(line)
    })
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'value stream [default: the only one]', placeholder: 'stream', parse: String, optional: true }],
    },
  },
  docs: { brief: 'Say what copies of real requests showed of a candidate before it gets them itself' },
})
