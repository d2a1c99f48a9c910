import type { Failures } from '../flow/measures/keys/schemas.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { ofTeamTold, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'
import { failureTold } from './keys-board.ts'

export type ListFlags = ConnectFlags & WindowFlags & TeamFlags & { readonly json: boolean; readonly csv: boolean }
export type AttributeFlags = ConnectFlags & {
  readonly json: boolean
  readonly stream?: string
  readonly environment?: string
  readonly reason: string
}

/** What failed, newest first. */
export async function list(this: CliContext, flags: ListFlags): Promise<void> {
  const place = `/api/failures?${windowQuery(flags)}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(place))
    const { failures, total } = await api.get<Failures>(place)
    if (flags.json) output.json(failures)
    else if (failures.length === 0) output.result(`nobody told of a failure${ofTeamTold(flags)} in that time`)
    else {
      output.result(failures.map((one) => failureTold(one).join('\n')).join('\n\n'))
      if (total > failures.length) output.say(`and ${total - failures.length} earlier ones; --until says where to begin`)
    }
  })
}

/** A person's word. */
export async function attribute(this: CliContext, flags: AttributeFlags, incident: string, deployment: string): Promise<void> {
  const { stream, environment, reason } = flags
  const where = { ...(stream === undefined ? {} : { stream }), ...(environment === undefined ? {} : { environment }) }
  await withApi(this, flags, async (api) => {
    const said = await api.send<{ version: string | null; deployment: string | null }>('POST', at`/api/incidents/${incident}/attribution`, {
      deployment,
      reason,
      ...where,
    })
    if (flags.json) return this.output.json(said)
    const of = said.deployment === null ? 'no deployment' : `${said.version} (${said.deployment})`
    this.output.result(`incident ${incident} came of ${of}`)
  })
}
