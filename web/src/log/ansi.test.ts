import { describe, expect, it } from 'vitest'
import { parseAnsi, plain } from './ansi.ts'

const pieces = (line: string) => parseAnsi(line, plain)[0]
const textOf = (line: string) =>
  pieces(line)
    .map((piece) => piece.text)
    .join('')

describe('colours in logs', () => {
  it('keeps the sixteen colours and styles, and ends them', () => {
    expect(pieces('\x1b[1;31mred\x1b[0m plain \x1b[92mbright\x1b[39m')).toEqual([
      { text: 'red', style: { bold: true, fg: 1 } },
      { text: ' plain ', style: {} },
      { text: 'bright', style: { fg: 10 } },
    ])
  })

  it('computes the 256 colours and takes true colours', () => {
    expect(pieces('\x1b[38;5;196ma\x1b[48;2;1;2;300mb\x1b[38;5;232mc').map((piece) => piece.style)).toEqual([
      { fg: '#ff0000' },
      { fg: '#ff0000', bg: '#0102ff' },
      { fg: '#080808', bg: '#0102ff' },
    ])
  })

  it('hands the look over to the next line', () => {
    const [, next] = parseAnsi('\x1b[33mstill', plain)
    expect(parseAnsi('yellow', next)[0]).toEqual([{ text: 'yellow', style: { fg: 3 } }])
  })

  it('drops everything else a terminal would act on', () => {
    expect(textOf('a\x1b[2Kb\x1b]0;title\x07c\x1b]8;;https://x\x1b\\d\x1b(Be\x07\x00f\x1b')).toBe('abcdef')
  })

  it('shows markup as text', () => {
    expect(textOf('<script>alert(1)</script>')).toBe('<script>alert(1)</script>')
  })

  it('survives nonsense parameters', () => {
    expect(textOf('\x1b[38;5mx\x1b[;;;my\x1b[999mz')).toBe('xyz')
  })
})
