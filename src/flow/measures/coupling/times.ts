export type Deployment = { readonly stream: string; readonly at: number }

/** Which streams were deployed at which times. In numbers: an estate has hundreds of thousands of deployments. */
export type Times = {
  /** Of the streams, in order. Whoever is spoken of by a number is by its place here. */
  readonly names: readonly string[]
  /** Where the streams of each time begin in `streams`, earliest time first; at the end, where the last ones end. */
  readonly begins: Int32Array
  /** Those of a time stand together, each once, ascending. */
  readonly streams: Int32Array
  /** Times that were left out. */
  readonly mass: number
}

/** Where more than so many of all streams, and more than five, are deployed at once, somebody deploys all of them. */
const massShare = 0.2
const massLeast = 5

/** @param spanMs - a time is so long */
export function timesOf(deployments: readonly Deployment[], spanMs: number): Times {
  const names = [...new Set(deployments.map(({ stream }) => stream))].toSorted()
  const most = Math.max(massLeast, massShare * names.length)
  const pairs = pairsOf(deployments, spanMs, names)
  const streams = new Int32Array(pairs.length)
  const begins = [0]
  let [count, mass] = [0, 0]
  for (let from = 0; from < pairs.length;) {
    const begin = count
    const first = Math.floor(pairs[from]! / names.length) * names.length
    let before = -1
    for (; from < pairs.length && pairs[from]! < first + names.length; from++) {
      const stream = pairs[from]! - first
      if (stream !== before) streams[count++] = stream
      before = stream
    }
    if (count - begin <= most) begins.push(count)
    else {
      mass++
      count = begin
    }
  }
  return { names, begins: Int32Array.from(begins), streams: streams.subarray(0, count), mass }
}

/** Time and stream of each deployment as one number, ascending: by time, and of one time by stream. */
function pairsOf(deployments: readonly Deployment[], spanMs: number, names: readonly string[]): Float64Array {
  const places = new Map(names.map((name, place) => [name, place]))
  // From the first one on, so that the numbers stay so small that they are whole.
  const first = deployments.reduce((least, { at }) => Math.min(least, Math.floor(at / spanMs)), Number.POSITIVE_INFINITY)
  const pairs = new Float64Array(deployments.length)
  for (let index = 0; index < pairs.length; index++) {
    const { stream, at } = deployments[index]!
    pairs[index] = (Math.floor(at / spanMs) - first) * names.length + places.get(stream)!
  }
  return pairs.sort()
}
