import { Fault } from './fault.ts'

const stepsMax = 100_000
const textMax = 1_048_576
let steps = 0

/** Before each evaluation: how much work a rule has made of the context so far. */
export function beginCounting(): void {
  steps = 0
}

/** One item of a list handled. @throws Fault when a rule makes more work of a context than anybody can have meant */
export function countStep(): void {
  if (++steps > stepsMax) throw new Fault(`the rule handles more than ${stepsMax} items of lists for this context`)
}

/** @throws Fault when a rule makes a text that nobody can have meant */
export function checkLength(text: string): string {
  if (text.length > textMax) throw new Fault(`the rule makes a text longer than ${textMax}`)
  return text
}
