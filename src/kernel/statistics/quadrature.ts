/** Nodes and weights of Gauss and Legendre on [-1, 1]: exact for polynomials below the power 2n. */
function gaussLegendre(n: number): { readonly nodes: readonly number[]; readonly weights: readonly number[] } {
  const nodes: number[] = []
  const weights: number[] = []
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 1
    for (let step = 0; step < 20; step++) {
      let [before, value] = [0, 1]
      for (let k = 1; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
      slope = (n * (x * value - before)) / (x * x - 1)
      x -= value / slope
    }
    nodes.push(x)
    weights.push(2 / ((1 - x * x) * slope * slope))
  }
  return { nodes, weights }
}

const perPanel = 10
const rule = gaussLegendre(perPanel)

/** Points and weights of an integral from low to high, in panels no wider than so much. */
export function panels(low: number, high: number, width: number): { readonly points: Float64Array; readonly weights: Float64Array } {
  const count = Math.max(1, Math.ceil((high - low) / width))
  const half = (high - low) / count / 2
  const points = new Float64Array(count * perPanel)
  const weights = new Float64Array(count * perPanel)
  for (let panel = 0; panel < count; panel++) {
    const middle = low + (2 * panel + 1) * half
    for (let i = 0; i < perPanel; i++) {
      // The nodes descend; points are to ascend.
      points[panel * perPanel + i] = middle - half * rule.nodes[i]!
      weights[panel * perPanel + i] = half * rule.weights[i]!
    }
  }
  return { points, weights }
}
