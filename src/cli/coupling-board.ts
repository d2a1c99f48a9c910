import type { CouplingView } from '../flow/measures/coupling/schemas.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import type { Output } from './output.ts'
import { nothingTold, windowQuery, type TeamFlags, type WindowFlags } from './flow-window.ts'

export type CouplingFlags = ConnectFlags &
  WindowFlags &
  TeamFlags & { readonly json: boolean; readonly csv: boolean; readonly minutes?: number; readonly by: 'deployment' | 'change' }

/** What is deployed together. */
export async function coupling(this: CliContext, flags: CouplingFlags): Promise<void> {
  const query = windowQuery(flags)
  query.set('by', flags.by)
  if (flags.minutes !== undefined) query.set('minutes', String(flags.minutes))
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.csv) return output.passOn(await api.table(`/api/coupling?${query}`))
    const view = await api.get<CouplingView>(`/api/coupling?${query}`)
    if (flags.json) return output.json(view)
    const { rows, looked, minutes, mass, environment } = view
    const isChange = view.by === 'change'
    if (environment === null && !isChange) return output.say(nothingTold(flags))
    const isOwned = rows.some(({ teamA, teamB }) => teamA !== null || teamB !== null)
    const told = rows.map((one) => [
      `${one.a} + ${one.b}`,
      ...(isOwned ? [teamsTold(one, output)] : []),
      String(one.together),
      `${one.timesA} and ${one.timesB} of ${one.times}`,
      `${Math.round(one.confidence * 100)} %`,
      one.lift.toFixed(1),
      one.p < 0.0001 ? '< 0.0001' : one.p.toFixed(4),
    ])
    const where = isChange ? 'In one change of a repository that both are a part of' : `Within ${minutes} min, to ${environment}`
    const done = isChange ? 'changed' : 'deployed'
    const note = `${where}; of ${looked} pairs with 3 times or more those with p below 0.01, corrected for their number. Times in which a fifth of all streams were ${done} are left out: ${mass}.`
    const head = ['PAIR', ...(isOwned ? ['TEAMS'] : []), 'TOGETHER', 'TIMES', 'CONFIDENCE', 'LIFT', 'P']
    output.result(
      [
        rows.length === 0 ? `no two are ${done} together more often than by chance` : output.table([head, ...told]),
        '',
        output.colour.dim(note),
      ].join('\n'),
    )
  })
}

/** Two teams that must deploy together wait for each other. */
function teamsTold({ teamA, teamB }: CouplingView['rows'][number], { colour }: Output): string {
  const told = `${teamA ?? 'nobody'} + ${teamB ?? 'nobody'}`
  if (teamA === null && teamB === null) return ''
  return teamA === teamB ? colour.dim(teamA!) : teamA === null || teamB === null ? told : colour.yellow(told)
}
