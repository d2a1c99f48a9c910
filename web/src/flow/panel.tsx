import type { ReactNode } from 'react'

/** A picture with its title and what it means. */
export function Panel({
  id,
  title,
  told,
  children,
}: {
  /** Where a link within the page leads. */
  readonly id?: string
  readonly title: string
  readonly told: string
  readonly children: ReactNode
}) {
  return (
    <section id={id} className="panel flow-panel" aria-label={title}>
      <h2>{title}</h2>
      <p className="soft flow-told">{told}</p>
      {children}
    </section>
  )
}
