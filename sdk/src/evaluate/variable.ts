import { constant, type Node, type Run, type Scope } from './node.ts'

/** Names that plain objects inherit: these are looked up with care, all others directly. */
const inherited: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/** `{"var": name}`, `{"var": [name, default]}`; names with dots lead into objects, an empty one is the whole scope. */
export function variable(args: readonly Node[], scope: Scope): Node {
  const [name, fallback] = args
  const otherwise = fallback?.constant === undefined ? (fallback?.run ?? nothing) : fallback
  if (name?.constant === undefined && name !== undefined) return { run: reading(name.run, otherwise) }
  const path = name === undefined || name.constant!.value === null ? '' : String(name.constant!.value)
  if (path === '$flagd.flagKey') return constant(scope.flagKey)
  if (path === '$flagd.timestamp') return { run: () => Math.floor(scope.now() / 1000) }
  return { run: reader(path, otherwise) }
}

const nothing: Run = () => null

/** What the rule reads by a name that it works out. */
function reading(name: Run, otherwise: Node | Run): Run {
  return (data) => reader(String(name(data) ?? ''), otherwise)(data)
}

function reader(path: string, otherwise: Node | Run): Run {
  const fallback = typeof otherwise === 'function' ? otherwise : otherwise.run
  if (path === '') return (data) => data ?? fallback(data)
  const names = path.split('.')
  const [first] = names
  if (names.length > 1 || inherited.has(first!)) return (data) => valueAt(data, names) ?? fallback(data)
  return (data) => {
    if (typeof data !== 'object' || data === null) return fallback(data)
    const value = (data as Record<string, unknown>)[first!]
    return value === undefined || value === null || typeof value === 'function' ? fallback(data) : value
  }
}

/** Follows names through own members only, so that nothing is ever found on a prototype. */
export function valueAt(data: unknown, names: readonly string[]): unknown {
  let value = data
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return typeof value === 'function' ? undefined : value
}

/** `{"missing": [names]}`: which of them are not there. */
export function missing(args: readonly Node[]): Run {
  return (data) => {
    const values = args.map((arg) => arg.run(data))
    return absent(data, Array.isArray(values[0]) ? values[0] : values)
  }
}

/** `{"missing_some": [least, names]}`: empty when enough of them are there. */
export function missingSome(args: readonly Node[]): Run {
  const [least, names] = args
  return (data) => {
    const wanted = names?.run(data)
    if (!Array.isArray(wanted)) return []
    const gone = absent(data, wanted)
    return wanted.length - gone.length >= Number(least?.run(data)) ? [] : gone
  }
}

function absent(data: unknown, names: readonly unknown[]): readonly unknown[] {
  return names.filter((name) => {
    const value = valueAt(data, String(name).split('.'))
    return value === undefined || value === null || value === ''
  })
}
