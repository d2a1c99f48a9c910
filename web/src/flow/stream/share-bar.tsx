import { percent } from '../words.ts'
import './share-bar.css'

export type SharePart = {
  readonly name: string
  readonly share: number | null
  /** A colour of the page; none: it is beside the point. */
  readonly colour?: string | undefined
  /** Nobody knows how it is divided, or how it goes on. */
  readonly hatched?: boolean
}

/** A part so small has no room for its name. */
const leastNamed = 0.14

/** Parts of a whole beside each other, as wide as they are large; the list below it says the same. */
export function ShareBar({ parts }: { readonly parts: readonly SharePart[] }) {
  return (
    <div className="share-bar" aria-hidden="true">
      {parts.map(({ name, share, colour, hatched = false }) => (
        <span
          key={name}
          className={hatched ? 'share-hatched' : colour === undefined ? '' : 'share-coloured'}
          style={
            { flexGrow: Math.max(0.004, share ?? 0), ...(colour === undefined ? {} : { '--share': colour }) } as Record<string, unknown>
          }
          title={`${name}: ${percent(share ?? 0)}`}
        >
          {(share ?? 0) > leastNamed && <b>{`${name} ${percent(share ?? 0)}`}</b>}
        </span>
      ))}
    </div>
  )
}

/** What a part looks like in the bar. */
export function ShareKey({ colour, hatched = false }: Pick<SharePart, 'colour' | 'hatched'>) {
  return (
    <i
      className={hatched ? 'key share-hatched' : 'key share-coloured'}
      style={{ '--share': colour ?? 'var(--sunken)' } as Record<string, unknown>}
      aria-hidden="true"
    />
  )
}
