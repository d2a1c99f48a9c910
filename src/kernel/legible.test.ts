import { describe, expect, it } from 'vitest'
import { bounded, legible } from './legible.ts'

describe('what a program wrote', () => {
  it('is kept without what steers a terminal', () => {
    expect(legible('\u001B[31;1mred\u001B[0m\u001B]0;title\u0007 \u001B]8;;http://x\u001B\\link\u001B(B\u001B7\r\nnext\tcolumn')).toBe(
      'red link\nnext\tcolumn',
    )
  })

  it('can be stored whatever its bytes were', () => {
    expect(legible('a\u0000b\u009Bc\ud800d')).toBe('a\uFFFDb\uFFFDc\uFFFDd')
    expect(legible('שלום 👩‍🚀')).toBe('שלום 👩‍🚀')
  })
})

describe('a reason', () => {
  it('that is too long is cut to what an event keeps, never through a character', () => {
    expect(bounded('no disk')).toBe('no disk')
    const cut = bounded(`.${'😀'.repeat(5000)}`)
    expect([cut.length, cut.isWellFormed()]).toEqual([8192, true])
  })
})
