import type { ReactNode } from 'react'

type PillProps = {
  readonly on: boolean
  readonly label: string
  readonly count: number
  readonly mark?: ReactNode
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
