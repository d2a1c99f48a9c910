import { buildCommand, buildRouteMap } from '@stricli/core'
import type { MachineView } from '../../flow/pipeline/schemas.ts'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }

const list = buildCommand<Common, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const { machines } = await api.get<{ machines: MachineView[] }>('/api/machines')
      if (flags.json) this.output.json(machines)
      else this.output.result(this.output.table([['NAME', 'ROLE', 'STATE', 'STEPS', 'LABELS'], ...machines.map(row)]))
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag } },
  docs: { brief: 'List servers and workers: who is at work, on how many steps, with which labels' },
})

const row = ({ name, role, state, busy, capacity, labels }: MachineView) => [
  name,
  role,
  state,
  `${busy} of ${capacity}`,
  Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' '),
]

const forget = buildCommand<Common, [string], CliContext>({
  async func(flags, name) {
    await withApi(this, flags, async (api) => {
      const forgotten = await api.send('POST', at`/api/machines/${name}/forget`)
      if (flags.json) this.output.json(forgotten)
      else this.output.result(`${name} is forgotten: what stood on it is made anew where it is deployed next`)
    })
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag },
    positional: { kind: 'tuple', parameters: [{ brief: 'its name, or its id', placeholder: 'machine', parse: String }] },
  },
  docs: { brief: 'Say that a machine never comes back' },
})

export const machineRoutes = buildRouteMap({
  routes: { ls: list, forget },
  docs: { brief: 'Servers and workers that share a database' },
})
