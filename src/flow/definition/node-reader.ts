import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Json } from '../../kernel/digest.ts'
import type { Fault } from '../../kernel/errors.ts'
import { interpolate } from './interpolation.ts'
import { pointerOf, type Complaint, type Places } from './places.ts'

/** Aliases are followed up to so many values: a few lines of YAML can otherwise stand for billions. */
const valuesMax = 10_000
const depthMax = 40

type Path = readonly string[]

/** What `$` means: as in Compose, where `$$` is one and others begin a variable, or itself. */
export type Dollars = 'compose' | 'plain'

/** Turns YAML's nodes into values and remembers where each stands. */
export class NodeReader {
  readonly faults: Fault[] = []
  /** Too large or deep to be read to its end. */
  refused = false
  readonly #text: string
  readonly #places: Places
  readonly #anchors = new Map<string, Node>()
  /** Anchored values being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>()
  #values = 0
  /** Inside a value that an alias repeats; its faults were told where it is written. */
  #repeating = 0

  readonly #dollars: Dollars

  constructor(text: string, places: Places, dollars: Dollars) {
    this.#text = text
    this.#places = places
    this.#dollars = dollars
  }

  read(node: Node | null, path: Path, key: number | undefined): Json {
    if (isAlias(node)) return this.#alias(node, path, key)
    if (node !== null) this.#remember(node, path, key)
    return this.#contents(node, path)
  }

  #contents(node: Node | null, path: Path): Json {
    if (++this.#values > valuesMax || path.length > depthMax) return this.#tooMuch(node, path)
    if (node === null) return null
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(String(node.anchor), node)
    if (isScalar(node)) return this.#scalar(node, path)
    this.#open.add(node)
    const value = isMap(node) ? this.#map(node, path) : isSeq(node) ? this.#list(node, path) : null
    this.#open.delete(node)
    return value
  }

  #list(list: YAMLSeq, path: Path): Json {
    return list.items.map((item, index) => this.read(item as Node, [...path, String(index)], undefined))
  }

  #remember(node: Node, path: Path, key: number | undefined): void {
    const [start, end] = node.range ?? [0, 0]
    const verbatim = isScalar(node) && this.#text.slice(start, end) === node.value
    this.#places.set(pointerOf(path), { key, value: start, collection: !isScalar(node), verbatim })
  }

  #complain(node: Node | null, path: Path, complaint: Complaint, offset = node?.range?.[0] ?? 0): void {
    if (this.#repeating === 0) this.faults.push(this.#places.atOffset(offset, pointerOf(path), complaint))
  }

  /** Told once: everything after it is too much as well. */
  #tooMuch(node: Node | null, path: Path): null {
    const deep = path.length > depthMax
    const message = deep ? `more than ${depthMax} levels deep` : `holds more than ${valuesMax} values, counting what its aliases repeat`
    const complaint = { message, help: 'write it plainly: no definition needs so much' }
    if (!this.refused) this.faults.push(this.#places.atOffset(node?.range?.[0] ?? 0, pointerOf(path), complaint))
    this.refused = true
    return null
  }

  #alias(alias: Alias, path: Path, key: number | undefined): Json {
    const target = this.#anchors.get(alias.source)
    this.#places.set(pointerOf(path), { key, value: alias.range?.[0] ?? 0, collection: false, verbatim: false })
    if (target === undefined || this.#open.has(target)) {
      const message =
        target === undefined ? `no anchor "&${alias.source}" stands before this alias` : `the alias "*${alias.source}" contains itself`
      this.#complain(alias, path, { message, help: 'write the value out' })
      return null
    }
    return this.#repeat(() => this.#contents(target, path))
  }

  #repeat<T>(read: () => T): T {
    this.#repeating++
    try {
      return read()
    } finally {
      this.#repeating--
    }
  }

  #map(map: YAMLMap, path: Path): Json {
    const value: Record<string, Json> = {}
    const firstAt = new Map<string, number>()
    const merges: Pair[] = []
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const name = this.#key(pair.key, path)
      if (name === undefined) continue
      const start = pair.key.range?.[0] ?? 0
      const first = firstAt.get(name)
      if (first !== undefined) {
        const line = this.#places.lineAt(first)
        this.#complain(pair.key, [...path, name], {
          message: `the key "${name}" is there twice, first on line ${line}`,
          help: 'keep one of them',
        })
        continue
      }
      firstAt.set(name, start)
      if (name === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') merges.push(pair)
      else value[name] = this.read(pair.value, [...path, name], start)
    }
    for (const merge of merges) this.#merge(merge.value as Node | null, path, value)
    return value
  }

  /** The key's text, or undefined with a fault told. */
  #key(key: Node | null, path: Path): string | undefined {
    const scalar = isScalar(key) ? key : undefined
    const name = scalar === undefined ? undefined : scalar.type === 'PLAIN' ? (scalar.source ?? '') : String(scalar.value ?? '')
    if (name === undefined || name === '' || name === '__proto__' || !name.isWellFormed()) {
      const message =
        name === '__proto__'
          ? '"__proto__" cannot be a key'
          : name === ''
            ? 'a key is missing before the ":"'
            : 'a key should be a plain word'
      this.#complain(key, path, { message, help: 'write `key: value`' })
      return undefined
    }
    if (scalar!.anchor !== undefined) this.#anchors.set(scalar!.anchor, scalar!)
    return name
  }

  /** `<<`: what the map itself says wins, then what is merged first. */
  #merge(node: Node | null, path: Path, into: Record<string, Json>): void {
    const sources = isSeq(node) ? (node.items as Node[]) : [node]
    for (const source of sources) {
      const map = isAlias(source) ? this.#anchors.get(source.source) : source
      if (!isMap(map) || this.#open.has(map)) {
        this.#complain(source, [...path, '<<'], {
          message: '"<<" should name a map that stands before it',
          help: 'write `<<: *name` after `&name`',
        })
        continue
      }
      const merged = isAlias(source) ? this.#repeat(() => this.#contents(map, path)) : this.#contents(map, path)
      for (const [name, value] of Object.entries((merged ?? {}) as Record<string, Json>)) {
        if (!Object.hasOwn(into, name)) into[name] = value
      }
    }
  }

  #scalar(node: Scalar, path: Path): Json {
    const { value } = node
    if (typeof value === 'string') return this.#string(node, value, path)
    if (value === null || typeof value === 'boolean' || typeof value === 'number') {
      // 1.10 as a number is 1.1, 0123 is 123: what the reader sees must be what counts.
      if (value === null || node.source === undefined || node.source === String(value)) return value
      const help = `write "${node.source}" in quotes if it is text${Number.isFinite(value) || typeof value === 'boolean' ? `, or ${String(value)} if it is not` : ''}`
      this.#complain(node, path, { message: `${node.source} would be read as ${String(value)}`, value: node.source, help })
      return node.source
    }
    this.#complain(node, path, { message: `a ${typeof value} has no meaning here`, help: 'write text, a number, true or false' })
    return null
  }

  #string(node: Scalar, value: string, path: Path): string {
    if (value.includes('\0') || !value.isWellFormed()) {
      this.#complain(node, path, { message: 'holds a character that no text has', help: 'remove the NUL or half surrogate pair' })
      return ''
    }
    if (this.#dollars === 'plain') return value
    const { text, problems } = interpolate(value)
    for (const problem of problems) {
      const [start, end] = node.range ?? [0, 0]
      this.#complain(node, path, { ...problem, value }, dollarIn(this.#text.slice(start, end), problem.nth) + start)
    }
    return text
  }
}

/** Offset of the nth `$` in the source of a value; its start when escapes hide it. */
function dollarIn(source: string, nth: number): number {
  let at = -1
  for (let count = 0; count <= nth; count++) {
    at = source.indexOf('$', at + 1)
    if (at === -1) return 0
  }
  return at
}
