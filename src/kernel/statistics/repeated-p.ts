import { Boundaries, type SequentialDesign } from './group-sequential.ts'

/** p-values below are told as this. */
const leastTold = 1e-10

/** What a look says. */
export type PAtLook = {
  /** z from which on it is stopped, with the alpha of the design itself. */
  readonly boundary: number
  /** The same where alpha is shared by all questions. */
  readonly sharedBoundary: number
  /** p of a z of this look; of a one-sided test the greater z is the smaller p. */
  readonly pOf: (z: number) => number
}

/**
 * p-values for a group sequential test under way: the least alpha with which it would have been stopped at this look. May be held against
 * alpha at every look, and is adjusted for many questions like any other p (Jennison and Turnbull 1999, 9.2; for Holm's procedure
 * Maurer and Bretz, Statistics in Biopharmaceutical Research 5, 2013).
 *
 * Boundaries are integrated for a ladder of alphas and joined by lines between ln alpha and z²: p is exact on the rungs (alpha over 1, 2 …
 * `questions`, where it is decided) and within 25 % of itself between them; where a smaller alpha could not stop yet it is that of the rung
 * above, which is too large. Asked look by look, as {@link Boundaries}.
 */
export class RepeatedP {
  readonly #design: SequentialDesign
  readonly #shared: number
  readonly #rungs: readonly { readonly alpha: number; readonly looks: Boundaries }[]

  constructor(design: SequentialDesign, questions = 1) {
    this.#design = design
    this.#shared = design.alpha / questions
    this.#rungs = ladder(design.alpha, questions).map((alpha) => ({ alpha, looks: new Boundaries({ ...design, alpha }) }))
  }

  /** @throws RangeError as {@link Boundaries} */
  next(share: number, isLast = false): PAtLook {
    const { alpha, sides } = this.#design
    const all = this.#rungs.map((rung) => ({ alpha: rung.alpha, z: rung.looks.next(share, isLast).z }))
    const rungs = all.filter(({ z }) => z < Number.POSITIVE_INFINITY)
    return {
      boundary: all.find((rung) => rung.alpha === alpha)!.z,
      sharedBoundary: all.find((rung) => rung.alpha === this.#shared)!.z,
      pOf: (z) => (rungs.length === 0 ? 1 : between(rungs, sides === 2 ? Math.abs(z) : z)),
    }
  }
}

/** From large to small, so that boundaries ascend. */
function ladder(alpha: number, questions: number): number[] {
  const rungs = Array.from({ length: questions }, (_, at) => alpha / (at + 1))
  for (const factor of [8, 2, 0.3, 0.05, 5e-3, 1e-4, 1e-6]) {
    const rung = alpha * factor
    if (rung < 0.95 && rung >= leastTold && (factor > 1 || rung < alpha / questions)) rungs.push(rung)
  }
  return rungs.sort((a, b) => b - a)
}

function between(rungs: readonly { readonly alpha: number; readonly z: number }[], z: number): number {
  const above = rungs.findIndex((rung) => rung.z > z)
  if (above === 0) return 1
  if (above === -1) return rungs.at(-1)!.alpha
  const [from, to] = [rungs[above - 1]!, rungs[above]!]
  const square = (x: number) => x * Math.abs(x)
  const share = (square(z) - square(from.z)) / (square(to.z) - square(from.z))
  return Math.exp(Math.log(from.alpha) + share * (Math.log(to.alpha) - Math.log(from.alpha)))
}
