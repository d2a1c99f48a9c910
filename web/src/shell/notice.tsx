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

/** Stays invisible for a moment: most answers come before it would show. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="loading" role="status">
      <i aria-hidden="true" />
      <p>Reading {what}…</p>
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
        To the line
      </Link>
    </Notice>
  )
}
