import { useId, type ReactNode } from 'react'
import { terms, type TermName } from './terms.ts'
import './term.css'

/** A word whose meaning shows with the mouse over it or the focus on it. */
export function Term({ of, children }: { readonly of: TermName; readonly children?: ReactNode }) {
  return <Explained what={terms[of].long}>{children ?? terms[of].name}</Explained>
}

type Props = {
  readonly what: ReactNode
  readonly children: ReactNode
  /** What it does beside explaining itself. */ readonly onClick?: () => void
}

/** Escape closes it. */
export function Explained({ what, children, onClick }: Props) {
  const id = useId()
  return (
    <span className="term">
      <button
        type="button"
        aria-describedby={id}
        onClick={onClick}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      >
        {children}
      </button>
      <span role="tooltip" id={id}>
        {what}
      </span>
    </span>
  )
}
