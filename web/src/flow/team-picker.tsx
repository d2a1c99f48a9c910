import { useMemo } from 'react'
import { useQuery } from '../api/query.ts'
import type { Problem } from '../api/problem.ts'
import type { OwnersView } from '../api/types.ts'
import { useKept } from './use-kept.ts'
import { queryOf, type FlowWindow } from './window.ts'

/** The team of each stream that had one then. undefined: not known yet. */
export function useTeams({ days, asOf }: FlowWindow): ReadonlyMap<string, string> | undefined {
  const { data } = useKept(useQuery<OwnersView>(`/api/owners?${queryOf({ days, asOf })}`), 'owners')
  return useMemo(() => data && new Map(data.owners.map(({ stream, team }) => [stream, team])), [data])
}

/** What there is not, where a page cannot be shown: what it is of, or the team of its address. */
export const missing = (what: string, { code }: Problem) => (code === 'TEAM_NOT_FOUND' ? 'team' : what)

type Props = {
  readonly teams: ReadonlyMap<string, string> | undefined
  /** undefined: all of them. */
  readonly chosen: string | undefined
  readonly onChoose: (team: string | undefined) => void
}

/** Nothing where no stream belongs to a team. */
export function TeamPicker({ teams, chosen, onChoose }: Props) {
  const names = [...new Set(teams?.values())].toSorted()
  if (names.length === 0 && chosen === undefined) return null
  // One of an address may have had nothing then.
  const shown = chosen === undefined || names.includes(chosen) ? names : [chosen, ...names]
  return (
    <label className="select flow-teams">
      <span className="sr">Team</span>
      <select value={chosen ?? ''} onChange={({ target }) => onChoose(target.value === '' ? undefined : target.value)}>
        <option value="">All teams</option>
        {shown.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
