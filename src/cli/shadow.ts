import type { ShadowView } from '../flow/dark/shadow/schemas.ts'

/** For people: what copies of requests showed, what stands against it, and in what answers differ. */
export function shadowLines(view: ShadowView): readonly string[] {
  const { stage, from, share, methods, candidate, commit, sentence, against, demandedBy, dropped, oversized, differences } = view
  return [
    `${stage}: ${sentence}`,
    `  ${Number((share * 100).toPrecision(3))} % of ${methods.join(', ')} to ${from}, are copied to ${commit?.slice(0, 8) ?? candidate}`,
    ...(view.rehearsals === 0 ? [`  nothing is copied while ${from} runs this very candidate: deliver a change`] : []),
    ...against.map((what) => `  ${what}`),
    ...(demandedBy === null ? ['  no stage asks for this'] : [`  ${demandedBy} is entered only then`]),
    ...(dropped > 0 ? [`  ${dropped.toLocaleString('en')} were not copied, to keep within what copies may cost`] : []),
    ...(oversized > 0
      ? [`  ${oversized.toLocaleString('en')} were not copied: they or their answers are too large or too slow, or have no end`]
      : []),
    ...differences
      .slice(0, 10)
      .map(
        ({ difference, candidate, noise }) =>
          `  ${difference} (${candidate.toLocaleString('en')} times, noise ${noise.toLocaleString('en')})`,
      ),
  ]
}
