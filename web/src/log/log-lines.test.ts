import { describe, expect, it } from 'vitest'
import { LogLines } from './log-lines.ts'

function logOf(...chunks: readonly string[]): LogLines {
  const log = new LogLines()
  for (const chunk of chunks) log.append(chunk)
  return log
}
const texts = (log: LogLines) => log.lines.map((line) => line.text)

describe('a log as it comes in', () => {
  it('is the same however it was cut into chunks', () => {
    const whole = 'one\r\n\x1b[31mtwo\nstill red\x1b[0m\nlast'
    const single = logOf(...whole)
    expect(single.lines).toEqual(logOf(whole).lines)
    expect(texts(single)).toEqual(['one', 'two', 'still red', 'last'])
  })

  it('shows an unfinished line at once', () => {
    const log = logOf('work')
    expect(texts(log)).toEqual(['work'])
    log.append('ing\n')
    expect(texts(log)).toEqual(['working'])
  })

  it('shows what a progress bar wrote last', () => {
    expect(texts(logOf('10 %\r50 %\r100 %\nok'))).toEqual(['100 %', 'ok'])
  })

  it('keeps empty lines', () => {
    expect(texts(logOf('a\n\n\nb\n'))).toEqual(['a', '', '', 'b'])
  })

  it('keeps the end of an endless log and counts what it dropped', () => {
    const log = logOf(`${'x\n'.repeat(150_000)}`, `${'y\n'.repeat(150_000)}end`)
    expect(log.lines).toHaveLength(200_000)
    expect(log.lines.at(-1)).toMatchObject({ text: 'end', number: 300_001 })
    expect(log.dropped).toBe(100_001)
  })

  it('cuts a line without an end', () => {
    const log = logOf('z'.repeat(100_000))
    expect(log.lines.length).toBe(13)
    expect(texts(log).join('')).toHaveLength(100_000)
  })
})
