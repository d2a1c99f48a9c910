import { capacityMax } from '../../flow/pipeline/worker/capacity.ts'

/** Steps at the same time, as typed. */
export function capacity(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= capacityMax) return number
  throw new Error(`"${text}" is no capacity: a number from 1 to ${capacityMax}`)
}
