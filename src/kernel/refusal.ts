/** Why something is not brought in, and what to do about it. Caught where it is known what it was to become. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly help: string

  constructor(reason: string, help: string) {
    super(reason)
    this.help = help
  }
}
