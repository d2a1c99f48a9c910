import { useSearchParams } from 'wouter'
import type { CouplingView } from '../../api/types.ts'
import { addressOf, type FlowWindow } from '../window.ts'

export type By = CouplingView['by']

export const titles: Readonly<Record<By, string>> = {
  deployment: 'Deployed together',
  change: 'Changed together',
  work: 'Changed together across repositories',
}
const ways = [
  ['deployment', 'Deployed', 'deployed within the same minutes'],
  ['change', 'One repository', 'touched by one change of a repository that both are a part of'],
  ['work', 'Across repositories', 'touched by one piece of work: changes that name one ticket, issue or request, or each other'],
] as const
export const meanings: Readonly<Record<By, string>> = {
  deployment: 'Together: times that both were deployed.',
  change: 'Together: changes that touched both.',
  work: 'Together: pieces of work that touched both, which are changes that name one ticket, issue or request, or each other; press to see them.',
}

export function byIn(search: URLSearchParams): By {
  const by = search.get('by')
  return ways.find(([way]) => way === by)?.[0] ?? 'deployment'
}

type Props = { readonly by: By; readonly window: FlowWindow; readonly team: string | undefined }

/** By what streams go together. */
export function ByPicker({ by, window, team }: Props) {
  const [, setSearch] = useSearchParams()
  return (
    <div className="segments coupling-by" role="group" aria-label="Together by">
      {ways.map(([way, name, told]) => (
        <button
          key={way}
          type="button"
          aria-pressed={way === by}
          title={told}
          onClick={() => setSearch({ ...addressOf(window, team), ...(way === 'deployment' ? {} : { by: way }) })}
        >
          {name}
        </button>
      ))}
    </div>
  )
}
