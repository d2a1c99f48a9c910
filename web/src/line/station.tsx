import type { ReactNode } from 'react'

/** A station's frame: its name over the rail, its card hanging under it. */
export function Station({
  station,
  name,
  label,
  sign,
  children,
}: {
  readonly station: string
  readonly name: string
  /** What a screen reader calls it. */
  readonly label: string
  /** Small words beside the name. */
  readonly sign?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <article className="station" data-station={station} aria-label={label}>
      <header className="station-sign">
        <h2 title={name}>{name}</h2>
        <p>{sign}</p>
      </header>
      <div className="station-rail" data-rail aria-hidden="true" />
      <div className="station-card">{children}</div>
    </article>
  )
}
