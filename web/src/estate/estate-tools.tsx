import { Pill, Select } from '../piece/choices.tsx'
import { Mark } from '../piece/mark.tsx'
import { standingMarks, standings, standingWords, type Choice, type Group, type Sort, type Standing } from './rows.ts'
import { WordFilter } from '../piece/word-filter.tsx'

const sortWords: Record<Sort, string> = {
  attention: 'urgent first',
  name: 'name',
  waiting: 'longest wait',
  beyond: 'largest batch',
  latest: 'newest delivery',
}
const groupWords: Record<Group, string> = { none: 'no groups', standing: 'by state', repository: 'by repository' }

type Props = {
  readonly choice: Choice
  readonly counts: ReadonlyMap<Standing, number>
  readonly total: number
  readonly onChange: (change: Partial<Choice>) => void
}

/** Filter, states with how many there are, order and groups. All of it stands in the address. */
export function EstateTools({ choice, counts, total, onChange }: Props) {
  return (
    <div className="estate-tools">
      <WordFilter of="services" words={choice.words} onChange={(words) => onChange({ words })} />
      <div className="pills" role="group" aria-label="State">
        <Pill on={choice.standing === 'all'} onClick={() => onChange({ standing: 'all' })} label="all" count={total} />
        {standings.map((standing) => (
          <Pill
            key={standing}
            on={choice.standing === standing}
            onClick={() => onChange({ standing: choice.standing === standing ? 'all' : standing })}
            label={standingWords[standing]}
            count={counts.get(standing) ?? 0}
            mark={<Mark state={standingMarks[standing]} worded size={13} />}
          />
        ))}
      </div>
      <div className="estate-selects">
        <Select label="Order" value={choice.sort} words={sortWords} onChange={(sort) => onChange({ sort })} />
        <Select label="Groups" value={choice.group} words={groupWords} onChange={(group) => onChange({ group })} />
      </div>
    </div>
  )
}
