import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { NoData } from './flow-row.tsx'
import './figures.css'

type Props = {
  /** What it is; a term explains itself. */
  readonly name: ReactNode
  /** Where the rows behind it are; undefined: there are none to show. */
  readonly href?: string | undefined
  readonly sub?: ReactNode
  /** What it was in the window before. */
  readonly was?: string | undefined
  /** What it means, in few words. */
  readonly told: string
  readonly signal?: 'stop' | 'wait' | undefined
  /** Undefined or null: nothing is known, which is not 0. */
  readonly children: ReactNode
}

/** A number with what it means; it leads to the rows behind it. */
export function Figure({ name, href, sub, was, told, signal, children }: Props) {
  const kind = signal === undefined ? 'figure-value' : `figure-value signal-${signal}`
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        {children === undefined || children === null || href === undefined ? (
          <span className={kind}>{children ?? <NoData />}</span>
        ) : (
          <RowsLink className={kind} href={href}>
            {children}
          </RowsLink>
        )}
        <span className="figure-sub">{sub}</span>
        {was !== undefined && <span className="figure-was">before: {was}</span>}
        <span className="figure-told">{told}</span>
      </dd>
    </div>
  )
}

type LinkProps = { readonly className: string; readonly href: string; readonly children: ReactNode }

/** Where they are on the same page, the browser goes to them. */
function RowsLink({ className, href, children }: LinkProps) {
  const to = { className, href, title: 'the rows behind it' }
  return href.startsWith('#') ? <a {...to}>{children}</a> : <Link {...to}>{children}</Link>
}
