import { percent, sharesOf, toneOf, type Stand } from './shares.ts'

type Props = { readonly stand: Stand; readonly control: string; readonly variants: readonly string[] }

/** Everybody as one bar, a part for each variant. The words beside it say the same. */
export function SlotBar({ stand, control, variants }: Props) {
  return (
    <span className={stand.killed ? 'slots slots-killed' : `slots slots-${stand.state}`} aria-hidden="true">
      {sharesOf(stand, control).map(({ variant, share }) => (
        <i
          key={variant}
          className={`tone-${toneOf(variant, control, variants)}`}
          style={{ flexGrow: share }}
          title={`${variant} ${percent(share)}`}
        />
      ))}
    </span>
  )
}

/** Who gets what where no rule fits, in words. */
export function sharesTold(stand: Stand, control: string): string {
  const shares = sharesOf(stand, control)
  if (shares.length === 1) return `${shares[0]!.variant} for all`
  return shares
    .filter(({ variant }) => variant !== control)
    .map(({ variant, share }) => `${variant} ${percent(share)}`)
    .join(', ')
}
