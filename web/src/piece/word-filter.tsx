import { useRef } from 'react'
import { useShortcut } from '../shell/keyboard.ts'
import { Icon } from './icon.tsx'

type Props = {
  /** What is filtered, as in "Filter the flags". */
  readonly of: string
  readonly words: string
  readonly onChange: (words: string) => void
}

/** Filters what is below it as one types; `f` leads here, Escape empties it and leads back. */
export function WordFilter({ of, words, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null)
  useShortcut('f', `filter the ${of}`, () => input.current?.focus())
  return (
    <label className="filter">
      <Icon name="search" />
      <span className="sr">Filter the {of}</span>
      <input
        ref={input}
        className="input"
        type="search"
        placeholder="Filter  f"
        value={words}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && (onChange(''), event.currentTarget.blur())}
      />
    </label>
  )
}
