type Map = Readonly<Record<string, unknown>>

/** Whether two values that came out of JSON are the same, whatever the order of their members. Plain loops: it is what a publication costs. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) return Array.isArray(other) && sameList(one, other)
  return !Array.isArray(other) && sameMap(one as Map, other as Map)
}

function sameMap(one: Map, other: Map): boolean {
  let members = 0
  for (const name in one) {
    if (!Object.hasOwn(other, name) || !sameJson(one[name], other[name])) return false
    members++
  }
  for (const _ in other) members--
  return members === 0
}

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (!sameJson(one[i], other[i])) return false
  return true
}
