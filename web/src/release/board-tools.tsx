import { Mark } from '../piece/mark.tsx'
import { Pill, Select } from '../piece/choices.tsx'
import { countOf, standingMarks, standings, standingWords, type BoardRow, type Choice, type Group, type Sort } from './board-rows.ts'
import { WordFilter } from '../piece/word-filter.tsx'

const sortWords: Record<Sort, string> = {
  attention: 'urgent first',
  name: 'name',
  changed: 'last changed',
  expires: 'first to expire',
  owner: 'owner',
}
const groupWords: Record<Group, string> = { none: 'no groups', state: 'by state', service: 'by service', owner: 'by owner' }

type Props = {
  readonly choice: Choice
  readonly rows: readonly BoardRow[]
  readonly environments: readonly string[]
  readonly onChange: (change: Partial<Choice>) => void
}

/** Filter, states with how many there are, environment, order and groups. All of it stands in the address. */
export function BoardTools({ choice, rows, environments, onChange }: Props) {
  const toggle = (show: Choice['show']) => onChange({ show: choice.show === show ? 'all' : show })
  const places: Record<string, string> = { '': 'everywhere', ...Object.fromEntries(environments.map((name) => [name, name])) }
  return (
    <div className="estate-tools">
      <WordFilter of="flags" words={choice.words} onChange={(words) => onChange({ words })} />
      <div className="pills" role="group" aria-label="State">
        <Pill on={choice.show === 'all'} onClick={() => onChange({ show: 'all' })} label="all" count={rows.length} />
        {standings.map((standing) => (
          <Pill
            key={standing}
            on={choice.show === standing}
            onClick={() => toggle(standing)}
            label={standingWords[standing]}
            count={countOf(rows, standing)}
            mark={<Mark state={standingMarks[standing]} worded size={13} />}
          />
        ))}
        <Pill
          on={choice.show === 'stale'}
          onClick={() => toggle('stale')}
          label="stale"
          count={countOf(rows, 'stale')}
          mark={<Mark state="waiting" worded size={13} />}
        />
      </div>
      <div className="estate-selects">
        <Select label="Environment" value={choice.environment} words={places} onChange={(environment) => onChange({ environment })} />
        <Select label="Order" value={choice.sort} words={sortWords} onChange={(sort) => onChange({ sort })} />
        <Select label="Groups" value={choice.group} words={groupWords} onChange={(group) => onChange({ group })} />
      </div>
    </div>
  )
}
