/** How many parts of two answers are compared: more would hold up the process. */
const partsMax = 20_000
const pathsMax = 3
const depthMax = 32
/** Of one place: three of them fit into what a server takes as one difference. */
const noteMax = 90

/**
 * In what two answers differ, by place and kind and without what they hold: `items[].price: number, other number`. Undefined: in
 * nothing. At most the first three places; those of a list's items count as one.
 * @param ignored - names of members that do not count, wherever they are
 */
export function differenceOf(one: unknown, other: unknown, ignored: ReadonlySet<string> = new Set()): string | undefined {
  const search: Search = { found: new Set(), parts: 0, ignored }
  compare(one, other, '', 0, search)
  return search.found.size === 0 ? undefined : [...search.found].sort().join('; ')
}

type Search = { readonly found: Set<string>; parts: number; readonly ignored: ReadonlySet<string> }

function compare(one: unknown, other: unknown, path: string, depth: number, search: Search): void {
  if (Object.is(one, other) || search.found.size >= pathsMax) return
  if (++search.parts > partsMax || depth > depthMax) return note(search, path, 'too large to compare')
  const [kind, otherKind] = [kindOf(one), kindOf(other)]
  if (kind !== otherKind) note(search, path, `${kind}, ${otherKind}`)
  else if (kind === 'list') compareLists(one as readonly unknown[], other as readonly unknown[], path, depth, search)
  else if (kind === 'map') compareMaps(one as Members, other as Members, path, depth, search)
  else if (kind === 'date') {
    if ((one as Date).getTime() !== (other as Date).getTime()) note(search, path, 'date, other date')
  } else note(search, path, `${kind}, other ${kind}`)
}

function note({ found }: Search, path: string, what: string): void {
  if (found.size >= pathsMax) return
  const place = path === '' ? 'answer' : path
  const room = noteMax - what.length - 2
  // Where it ends says more than where it begins.
  found.add(`${place.length > room ? `…${place.slice(1 - room)}` : place}: ${what}`)
}

function compareLists(one: readonly unknown[], other: readonly unknown[], path: string, depth: number, search: Search): void {
  if (one.length !== other.length) note(search, path, one.length < other.length ? 'longer list' : 'shorter list')
  for (let i = 0; i < Math.min(one.length, other.length) && search.found.size < pathsMax && search.parts <= partsMax; i++)
    compare(one[i], other[i], `${path}[]`, depth + 1, search)
}

type Members = Readonly<Record<string, unknown>>

function compareMaps(one: Members, other: Members, path: string, depth: number, search: Search): void {
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (search.found.size >= pathsMax || search.parts > partsMax) return
    if (search.ignored.has(name)) continue
    const at = path === '' ? name : `${path}.${name}`
    if (!Object.hasOwn(other, name)) note(search, at, 'missing')
    else if (!Object.hasOwn(one, name)) note(search, at, 'added')
    else compare(one[name], other[name], at, depth + 1, search)
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Date) return 'date'
  return typeof value === 'object' ? 'map' : typeof value
}
