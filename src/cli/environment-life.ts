import type { EnvironmentView } from '../flow/environment/schemas.ts'
import { at, needsServer, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'

type Common = ConnectFlags & { readonly json: boolean }

export async function sleep(this: CliContext, flags: Common & { readonly untilWoken: boolean }, name: string): Promise<void> {
  await rest(this, flags, name, 'sleep')
}

export async function wake(this: CliContext, flags: Common, name: string): Promise<void> {
  await rest(this, flags, name, 'wake')
}

async function rest(
  context: CliContext,
  flags: Common & { readonly untilWoken?: boolean },
  name: string,
  what: 'sleep' | 'wake',
): Promise<void> {
  await withApi(context, flags, async (api) => {
    needsServer(api)
    const view = await api.send<EnvironmentView>(
      'POST',
      `${what === 'sleep' ? '/api/environments/sleep' : '/api/environments/wake'}${at`?name=${name}`}${flags.untilWoken ? '&untilWoken=true' : ''}`,
    )
    if (flags.json) context.output.json(view)
    else {
      const sleeps = view.untilWoken ? 'sleeps until somebody wakes it' : 'sleeps; the first request to its addresses wakes it'
      context.output.result(`${view.id} ${view.asleep === null ? 'is awake' : sleeps}`)
    }
  })
}

export async function extend(this: CliContext, flags: Common & { ttl: number | null }, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    needsServer(api)
    const { until } = await api.send<{ until: string | null }>('POST', at`/api/environments/extend?name=${name}`, { ttlMs: flags.ttl })
    if (flags.json) this.output.json({ until })
    else this.output.result(until === null ? `${name} lives until somebody destroys it` : `${name} lives until ${until}`)
  })
}
