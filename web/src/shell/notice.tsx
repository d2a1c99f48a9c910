import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Problem } from '../api/problem.ts'
import { ProblemNote } from '../piece/problem-note.tsx'
import { TokenHelp } from './token.tsx'

/** A page that has nothing else to show. */
export function Notice({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="notice">
      <h1>{title}</h1>
      {children}
    </div>
  )
}

/** Stays invisible for a moment: most answers come before it would show. @param rows - what is to come looks like so many rows */
export function Loading({ what, rows = 1 }: { readonly what: string; readonly rows?: number }) {
  return (
    <div className="loading" role="status">
      <p className="sr">Reading {what}…</p>
      <i className="loading-title" aria-hidden="true" />
      {Array.from({ length: rows }, (_, index) => (
        <i key={index} className="loading-row" aria-hidden="true" style={{ opacity: 1 - index / (rows + 2) }} />
      ))}
    </div>
  )
}

type FailedProps = {
  readonly what: string
  readonly problem: Problem
  /** Where somebody finds others of the kind. [default: the services] */
  readonly back?: { readonly href: string; readonly label: string }
}

const services = { href: '/', label: 'To the services' }

export function Failed({ what, problem, back = services }: FailedProps) {
  if (problem.status === 401) {
    return (
      <Notice title={`A token is needed to see the ${what}`}>
        <ProblemNote problem={problem} />
        <TokenHelp />
      </Notice>
    )
  }
  return (
    <Notice title={problem.status === 404 ? `There is no such ${what}` : `Cannot show the ${what}`}>
      <ProblemNote problem={problem} />
      <Link className="button" href={back.href}>
        {back.label}
      </Link>
    </Notice>
  )
}
