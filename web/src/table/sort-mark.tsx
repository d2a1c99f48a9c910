/** @param down - undefined: it is not sorted by this */
export function SortMark({ down }: { readonly down: boolean | undefined }) {
  return (
    <span className="sort-mark" aria-hidden="true">
      {down === undefined ? '' : down ? '▾' : '▴'}
    </span>
  )
}
