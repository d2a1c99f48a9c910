import type { RefObject } from 'react'
import type { Problem } from '../api/problem.ts'

type Area = RefObject<HTMLTextAreaElement | null>
type TextProps = {
  readonly area: Area
  readonly text: string
  readonly problem: Problem | undefined
  /** Id of what says what is wrong. */
  readonly describedBy: string
  readonly onChange: (text: string) => void
}

/** A flag's file to write in: its lines numbered, and marked where something is wrong. */
export function FlagText({ area, text, problem, describedBy, onChange }: TextProps) {
  const lines = text.split('\n')
  const wrong = new Set(problem?.faults.map(({ line }) => line))
  return (
    <div className="flag-paper">
      <ol aria-hidden="true">
        {lines.map((_, index) => (
          <li key={index} className={wrong.has(index + 1) ? 'flag-wrong-line' : undefined}>
            {index + 1}
          </li>
        ))}
      </ol>
      <textarea
        ref={area}
        aria-label="The flag as its file has it"
        aria-invalid={problem !== undefined}
        aria-describedby={describedBy}
        value={text}
        rows={lines.length}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        maxLength={60_000}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

/** What is wrong with it, each at its line, where a press goes to. */
export function Faults({ area, problem }: { readonly area: Area; readonly problem: Problem }) {
  const goTo = (line: number, column: number) => {
    const before = area.current?.value.split('\n').slice(0, line - 1) ?? []
    const at = before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1
    area.current?.focus()
    area.current?.setSelectionRange(at, at)
  }
  if (problem.faults.length === 0)
    return (
      <p className="flag-wrong">
        {problem.message}
        {problem.help !== undefined && <span className="soft"> ({problem.help})</span>}
      </p>
    )
  return (
    <ul className="flag-faults">
      {problem.faults.map(({ path, message, help, line, column = 1 }) => (
        <li key={path + message}>
          {line !== undefined && (
            <button type="button" className="button small" onClick={() => goTo(line, column)}>
              line {line}
            </button>
          )}
          <span>
            {path !== '' && <code>{path.slice(1)}</code>} {message}
            {help !== undefined && <span className="soft"> ({help})</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}
