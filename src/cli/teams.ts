import { readOwners } from '../connectors/csv/owners.ts'
import { teamLengthMax, teamPattern } from '../flow/team/name.ts'
import type { OwnersRecorded, OwnersView } from '../flow/team/schemas.ts'
import { invalid } from '../kernel/errors.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { openTable } from './input-file.ts'
import { momentOf } from './moment.ts'

type Common = ConnectFlags & { readonly json: boolean }
export type ListFlags = Common & { readonly csv: boolean; readonly asOf?: string; readonly team?: string }
export type SetFlags = Common & { readonly since?: string; readonly reason: string; readonly ahead: boolean }
export type ImportFlags = Common & { readonly reason: string }

/** Which team each value stream belongs to. */
export async function list(this: CliContext, { asOf, team, ...flags }: ListFlags): Promise<void> {
  const query = new URLSearchParams({
    ...(asOf === undefined ? {} : { asOf: momentOf(asOf, '--as-of') }),
    ...(team === undefined ? {} : { team }),
  })
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(`/api/owners?${query}`))
    const { owners } = await api.get<OwnersView>(`/api/owners?${query}`)
    if (flags.json) return output.json(owners)
    if (owners.length === 0) return output.say('no value stream belongs to a team; `threeways team set TEAM STREAM` says it')
    const rows = owners
      .toSorted((a, b) => compare(a.team, b.team) || compare(a.stream, b.stream))
      .map((one) => [one.team, one.stream, one.since.slice(0, 10), one.by, one.reason ?? ''])
    output.result(output.table([['TEAM', 'STREAM', 'SINCE', 'SAID BY', 'WHY'], ...rows]))
  })
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** @param team - null: none any more */
export async function set(this: CliContext, flags: SetFlags, team: string | null, streams: readonly string[]): Promise<void> {
  if (team !== null) checkName(team)
  const since = flags.since === undefined ? {} : { since: momentOf(flags.since, '--since') }
  const owners = streams.map((stream) => ({ stream, team, ...since }))
  const { reason, ahead } = flags
  await withApi(this, flags, async (api) => {
    const recorded = await api.send<OwnersRecorded>('POST', '/api/owners', { owners, reason, ahead })
    if (flags.json) return this.output.json(recorded)
    const what = streams.length === 1 ? streams[0]! : `${streams.length} value streams`
    const verb = streams.length === 1 ? 'belongs' : 'belong'
    const told = team === null ? `${what} ${verb} to no team any more` : `${what} ${verb} to ${team}`
    this.output.result(recorded.recorded === 0 ? `${told} already` : told)
  })
}

/** Records what a table says of teams, all of it or nothing. */
export async function importTeams(this: CliContext, flags: ImportFlags, file: string): Promise<void> {
  const input = await openTable(this, file)
  const owners = await readOwners(input, file)
  for (const { team } of owners) if (team !== null) checkName(team)
  const { output } = this
  await withApi(
    this,
    flags,
    async (api) => {
      const told = await api.send<OwnersRecorded>('POST', '/api/owners', { owners, reason: flags.reason || `in ${file}`, ahead: true })
      if (flags.json) return output.json(told)
      if (told.unknown.length > 0)
        output.say(output.colour.yellow(`nothing is known yet of ${told.unknown.length}: ${told.unknown.slice(0, 20).join(', ')}`))
      output.result(`${owners.length} rows: ${told.recorded} recorded, ${told.unchanged} were so already`)
    },
    { makesHome: true },
  )
}

/** Before it is sent: so that it is told in a sentence. */
function checkName(team: string): void {
  const shown = team.length > 40 ? `${team.slice(0, 40)}…` : team
  if (team.length <= teamLengthMax && new RegExp(teamPattern, 'u').test(team)) return
  throw invalid('TEAM_INVALID', {
    message: `${JSON.stringify(shown)} is no name of a team`,
    help: `it has 1 to ${teamLengthMax} characters, no blanks around it, and no control characters in it`,
  })
}
