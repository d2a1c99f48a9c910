/** What happens next: a binary heap over typed arrays. Of two things at the same time, the one that was put in first. */
export type Agenda = {
  readonly size: number
  /** Infinity when there is nothing. */
  readonly nextAt: number
  put: (at: number, kind: number, entity: number) => void
  /** Takes the next out; it is in `at`, `kind` and `entity` until the next one is taken. */
  take: () => void
  readonly at: number
  readonly kind: number
  readonly entity: number
}

export function makeAgenda(capacity = 1024): Agenda {
  let times = new Float64Array(capacity)
  let order = new Float64Array(capacity)
  let kinds = new Int32Array(capacity)
  let entities = new Int32Array(capacity)
  let size = 0
  let puts = 0
  const taken = { at: 0, kind: 0, entity: 0 }

  function grow(): void {
    const wider = <T extends Float64Array | Int32Array>(from: T, to: T) => (to.set(from), to)
    times = wider(times, new Float64Array(size * 2))
    order = wider(order, new Float64Array(size * 2))
    kinds = wider(kinds, new Int32Array(size * 2))
    entities = wider(entities, new Int32Array(size * 2))
  }

  const isBefore = (at: number, put: number, place: number) => at < times[place]! || (at === times[place]! && put < order[place]!)

  function set(place: number, at: number, put: number, kind: number, entity: number): void {
    times[place] = at
    order[place] = put
    kinds[place] = kind
    entities[place] = entity
  }
  const copy = (from: number, to: number) => set(to, times[from]!, order[from]!, kinds[from]!, entities[from]!)

  function put(at: number, kind: number, entity: number): void {
    if (size === times.length) grow()
    let place = size++
    const own = puts++
    for (let parent = (place - 1) >> 1; place > 0 && isBefore(at, own, parent); parent = (place - 1) >> 1) {
      copy(parent, place)
      place = parent
    }
    set(place, at, own, kind, entity)
  }

  function take(): void {
    taken.at = times[0]!
    taken.kind = kinds[0]!
    taken.entity = entities[0]!
    size--
    if (size === 0) return
    const [at, own, kind, entity] = [times[size]!, order[size]!, kinds[size]!, entities[size]!]
    let place = 0
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && isBefore(times[child + 1]!, order[child + 1]!, child)) child++
      if (isBefore(at, own, child)) break
      copy(child, place)
      place = child
    }
    set(place, at, own, kind, entity)
  }

  return {
    put,
    take,
    get size() {
      return size
    },
    get nextAt() {
      return size === 0 ? Number.POSITIVE_INFINITY : times[0]!
    },
    get at() {
      return taken.at
    },
    get kind() {
      return taken.kind
    },
    get entity() {
      return taken.entity
    },
  }
}
