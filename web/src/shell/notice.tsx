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

export function Failed({ what, problem }: { readonly what: string; readonly problem: Problem }) {
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
      <Link className="button" href="/">
        To the services
      </Link>
    </Notice>
  )
}
