import { useRef } from 'react'
import { Icon } from '../piece/icon.tsx'
import { Mark } from '../piece/mark.tsx'
import { useShortcut } from '../shell/keyboard.ts'
import { standingMarks, standings, standingWords, type Choice, type Group, type Sort, type Standing } from './rows.ts'

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
  const input = useRef<HTMLInputElement>(null)
  useShortcut('f', 'filter the services', () => input.current?.focus())
  return (
    <div className="estate-tools">
      <label className="filter">
        <Icon name="search" />
        <span className="sr">Filter the services</span>
        <input
          ref={input}
          className="input"
          type="search"
          placeholder="Filter  f"
          value={choice.words}
          onChange={(event) => onChange({ words: event.target.value })}
          onKeyDown={(event) => event.key === 'Escape' && (onChange({ words: '' }), event.currentTarget.blur())}
        />
      </label>
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

type PillProps = {
  readonly on: boolean
  readonly label: string
  readonly count: number
  readonly mark?: React.ReactNode
  readonly onClick: () => void
}

export function Pill({ on, label, count, mark, onClick }: PillProps) {
  return (
    <button type="button" className="pill" aria-pressed={on} onClick={onClick} disabled={count === 0 && !on}>
      {mark}
      {label}
      <span className="pill-count">{count}</span>
    </button>
  )
}

type SelectProps<T extends string> = {
  readonly label: string
  readonly value: T
  readonly words: Record<T, string>
  readonly onChange: (value: T) => void
}

export function Select<T extends string>({ label, value, words, onChange }: SelectProps<T>) {
  return (
    <label className="select">
      <span className="sr">{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as T)}>
        {(Object.keys(words) as T[]).map((key) => (
          <option key={key} value={key}>
            {words[key]}
          </option>
        ))}
      </select>
    </label>
  )
}
