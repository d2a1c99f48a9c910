import type { ReactNode } from 'react'

/** A picture with its title and what it means. */
export function Panel({ title, told, children }: { readonly title: string; readonly told: string; readonly children: ReactNode }) {
  return (
    <section className="panel flow-panel" aria-label={title}>
      <h2>{title}</h2>
      <p className="soft flow-told">{told}</p>
      {children}
    </section>
  )
}
