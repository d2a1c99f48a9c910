import { describe, expect, it } from 'vitest'
import { plain, plainJson, plainLog } from './plain.ts'

describe('what others wrote, on a terminal', () => {
  it('is shown and not done', () => {
    expect(plain('a\u001B]0;title\u0007b\u001B[2Jc\u009B5md\u202Ee\rf', true)).toBe(
      'a\\u001b]0;title\\u0007b\\u001b[2Jc\\u009b5md\\u202ee\\u000df',
    )
    expect(plainLog('\u001B[1;31mred\u001B[0m\r50 %\u001B[6n')).toBe('\u001B[1;31mred\u001B[0m\r50 %\\u001b[6n')
  })

  it('leaves our colours, lines and every script alone', () => {
    const text = '\u001B[31m✘\u001B[39m \u001B[2mналево\u001B[22m\n\tשלום 👩‍🚀'
    expect(plain(text, true)).toBe(text)
    expect(plain(text, false)).toBe('✘ налево\n\tשלום 👩‍🚀')
    expect(plain('\u001B[8mhidden\u001B[0m', true)).toContain('\\u001b[8m')
  })

  it('is the same in JSON', () => {
    const value = { summary: 'a\u001Bb\u009Bc\u202Ed\u2028e\u007Ff', text: 'x\ny' }
    const json = plainJson(JSON.stringify(value, null, 2))
    expect(json).not.toMatch(/[\u001B\u007F-\u009F\u2028-\u202E]/)
    expect(JSON.parse(json)).toEqual(value)
  })
})
