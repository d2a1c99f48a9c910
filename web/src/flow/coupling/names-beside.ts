type Groups = readonly (readonly string[])[]

/** In pixels: less says nothing of a name. */
const roomLeast = 90

type Beside = {
  readonly names: readonly string[]
  readonly from: number
  readonly to: number
  readonly room: number
  readonly isRight: boolean
}

/** Where names of each group may stand: on the side of its squares on which there is more room. */
export function besideOf(groups: Groups, count: number, width: number): readonly Beside[] {
  const size = (width - 2) / Math.max(1, count)
  let start = 0
  return groups.flatMap((group) => {
    const names = group.slice(0, Math.max(0, count - start))
    const [from, to] = [start * size, (start + names.length) * size]
    start += group.length
    const isRight = width - to >= from
    return names.length === 0 ? [] : [{ names, from, to, isRight, room: isRight ? width - to : from }]
  })
}

export const hasRoom = (groups: Groups, count: number, width: number) =>
  besideOf(groups, count, width).every(({ room }) => room >= roomLeast)
