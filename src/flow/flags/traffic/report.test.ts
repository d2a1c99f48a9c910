import { expect, it } from 'vitest'
import { Report } from './report.ts'

const told = (n: number, sum: number, sumsq: number) =>
  Report.safeParse({ id: 'report-1', at: 0, metrics: [{ unit: 'ada', metric: 'paid', n, sum, sumsq }] }).success

it('takes sums that values can have, and no others', () => {
  const tenths = Array.from({ length: 1_000 }, () => 0.1)
  const add = (all: readonly number[]) => all.reduce((sum, value) => sum + value, 0)
  expect(told(3, -6, 14)).toBe(true)
  expect(told(1_000, add(tenths), add(tenths.map((value) => value * value)))).toBe(true)
  expect(told(1, 1_000_000, 0)).toBe(false)
  expect(told(0, 5, 0)).toBe(false)
})
