import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { betaQuantile, fTail, incompleteBeta } from './beta.ts'
import { chiSquareBelow, chiSquareQuantile, chiSquareTail } from './chi-square.ts'
import { incompleteGamma, logGamma } from './gamma.ts'
import { normalQuantile, normalTail } from './normal.ts'
import { clopperPearson } from './proportions.ts'
import { studentQuantile, studentTail } from './student.ts'

/** Written by bench/statistics/reference.py. Name, arguments, value. */
const reference = readFileSync(path.join(import.meta.dirname, 'reference.csv'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(','))

const functions: Record<string, (a: number, b: number, c: number) => number> = {
  normalTail,
  normalQuantile,
  logGamma,
  gammaBelow: (a, x) => incompleteGamma(a, x).below,
  gammaAbove: (a, x) => incompleteGamma(a, x).above,
  betaBelow: (a, b, x) => incompleteBeta(a, b, x).below,
  betaAbove: (a, b, x) => incompleteBeta(a, b, x).above,
  studentTail,
  studentQuantile,
  chiSquareTail,
  chiSquareBelow,
  chiSquareQuantile,
  fTail,
  betaQuantile,
}

describe('the special functions', () => {
  it.each(Object.entries(functions))('%s agrees with 330 digits of arithmetic to 1e-10 of itself, in both tails', (name, of) => {
    const rows = reference.filter(([which]) => which === name)
    expect(rows.length).toBeGreaterThan(5)
    const wrong = rows.filter((row) => {
      const numbers = row.slice(1).map(Number)
      const [expected, given] = [numbers.at(-1)!, of(numbers[0]!, numbers[1]!, numbers[2]!)]
      return !(Math.abs(given - expected) <= 1e-10 * Math.abs(expected))
    })
    expect(wrong).toEqual([])
  })

  it('answers the ends of every range, and nothing beyond them', () => {
    expect([normalQuantile(0), normalQuantile(1), normalTail(60), normalTail(-60)]).toEqual([Infinity, -Infinity, 0, 1])
    expect([studentQuantile(0.5, 7), studentQuantile(0, 7), studentTail(0, 7), studentTail(1e200, 100)]).toEqual([0, Infinity, 0.5, 0])
    expect([chiSquareTail(0, 3), chiSquareBelow(0, 3), chiSquareQuantile(0, 3), chiSquareQuantile(1, 3)]).toEqual([1, 0, Infinity, 0])
    for (const nothing of [logGamma(0), normalQuantile(1.1), studentTail(1, 0), studentQuantile(-1, 2), betaQuantile(0.5, 0, 1)]) {
      expect(nothing).toBeNaN()
    }
  })

  it('limits a rate by Clopper and Pearson, also when it was never or always', () => {
    // R: binom.test(c(8, 92))
    expect(clopperPearson({ hits: 8, of: 100 }, 0.025).low).toBeCloseTo(0.03517156, 7)
    expect(clopperPearson({ hits: 8, of: 100 }, 0.025).high).toBeCloseTo(0.1515576, 7)
    expect(clopperPearson({ hits: 0, of: 3 }, 0.025).low).toBe(0)
    expect(clopperPearson({ hits: 0, of: 3 }, 0.025).high).toBeCloseTo(1 - 0.025 ** (1 / 3), 14)
    expect(clopperPearson({ hits: 3, of: 3 }, 0.025).high).toBe(1)
  })
})
