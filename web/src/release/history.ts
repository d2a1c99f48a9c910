import type { FlagDetail } from '../api/types.ts'
import { standingIn, standingWords } from './board-rows.ts'
import { serveTold } from './condition-words.ts'
import { sharesOf, type Share } from './shares.ts'

export type Revision = FlagDetail['revisions'][number]
type Stand = Revision['stands'][number]

/** A time in which nothing was changed in an environment; epoch ms. */
export type Span = { readonly from: number; readonly to: number; readonly stand: Stand; readonly shares: readonly Share[] }

/** How a flag stood in an environment over time, oldest first. Pure. @param revisions - newest first @param now - epoch ms */
export function spansOf(revisions: readonly Revision[], environment: string, control: string, now: number): readonly Span[] {
  const told = revisions.toReversed()
  return told.flatMap(({ at, stands }, index): readonly Span[] => {
    const stand = stands.find((one) => one.environment === environment)
    if (stand === undefined) return []
    const next = told[index + 1]
    return [{ from: Date.parse(at), to: next === undefined ? now : Date.parse(next.at), stand, shares: sharesOf(stand, control) }]
  })
}

/** What a revision changed of who gets what: `production: ramping on 1 % → ramping on 5 %`. Pure. */
export function changesOf({ stands }: Revision, earlier: Revision | undefined): readonly string[] {
  const before = new Map(earlier?.stands.map((stand) => [stand.environment, standTold(stand)]))
  return stands.flatMap((stand) => {
    const [was, is] = [before.get(stand.environment), standTold(stand)]
    return was === is ? [] : [`${stand.environment}: ${was === undefined ? '' : `${was} → `}${is}`]
  })
}

function standTold(stand: Stand): string {
  const standing = standingIn(stand)
  const word = standingWords[standing]
  if (standing === 'ramp') return `${word} ${serveTold(stand.serve)}`
  return (standing === 'on' || standing === 'retired') && stand.serve !== 'on' ? `${word}, ${serveTold(stand.serve)}` : word
}
