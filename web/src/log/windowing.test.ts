import { describe, expect, it } from 'vitest'
import { columnsOfText, lineAtRow, rowsBefore } from './windowing.ts'

const lines = ['', 'abc', 'a'.repeat(25), 'end'].map((text) => ({ columns: text.length }))

describe('which lines of a log are on the screen', () => {
  it('counts one row for each line that does not wrap', () => {
    expect([...rowsBefore(lines, undefined)]).toEqual([0, 1, 2, 3, 4])
  })

  it('counts the rows of lines that wrap', () => {
    expect([...rowsBefore(lines, 10)]).toEqual([0, 1, 2, 5, 6])
  })

  it('finds the line of any row', () => {
    const before = rowsBefore(lines, 10)
    expect([0, 1, 2, 3, 4, 5, 99].map((row) => lineAtRow(before, row))).toEqual([0, 1, 2, 2, 2, 3, 3])
    expect(lineAtRow(rowsBefore([], undefined), 0)).toBe(0)
  })

  it('counts wide characters as two columns', () => {
    expect([columnsOfText('ab'), columnsOfText('日本'), columnsOfText('🚂')]).toEqual([2, 4, 2])
  })
})
