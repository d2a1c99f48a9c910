/** Why something is not brought in, and what to do about it. Caught where it is known what it was to become. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly help: string

  constructor(reason: string, help: string) {
    super(reason)
    this.help = help
  }
}

const depthMax = 100

/**
 * What nobody means is refused before it is read: nested so deep that reading it would exhaust the stack, or with a member `__proto__`,
 * which what reads it would leave out without a word.
 * @throws Refusal
 */
export function checkTree(value: unknown): void {
  const open: [value: unknown, depth: number][] = [[value, 1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, depth] = next
    if (typeof part !== 'object' || part === null) continue
    if (depth > depthMax) throw new Refusal(`something in it is nested deeper than ${depthMax}`, 'take it apart there')
    if (Object.hasOwn(part, '__proto__')) throw new Refusal('something in it is called "__proto__"', 'call it something else there')
    for (const inner of Object.values(part)) open.push([inner, depth + 1])
  }
}
