import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeListener, saidBytesMax, type Message } from './messages.ts'

function heard(...chunks: readonly string[]) {
  const messages: Message[] = []
  const listener = makeListener((message) => messages.push(message))
  for (const chunk of chunks) if (!listener.push(chunk)) break
  return { messages, ...listener.end() }
}
const line = (type: string, message: string) => `${JSON.stringify({ type, message })}\n`

describe('what a provider says', () => {
  it('is its variables and its messages, however it arrives', () => {
    const text = line('info', 'begins') + line('setenv', 'URL=a=b\n"c"') + line('rawsetenv', 'REGION=eu') + line('debug', 'x')
    const whole = heard(text)
    expect(whole.variables).toEqual({ prefixed: { URL: 'a=b\n"c"' }, raw: { REGION: 'eu' } })
    expect([whole.problem, whole.messages.map(({ type }) => type)]).toEqual([undefined, ['info', 'setenv', 'rawsetenv', 'debug']])
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length]
        expect(heard(...at.slice(1).map((end, index) => text.slice(at[index], end)))).toEqual(whole)
      }),
    )
  })

  it('may have no line end, or several lines for one message', () => {
    expect(heard('{"type": "setenv",\n "message":\n "A=1"}').variables.prefixed).toEqual({ A: '1' })
  })

  it('ends with its error', () => {
    const { problem, messages } = heard(line('error', 'no quota') + line('info', 'later'))
    expect([problem, messages]).toEqual(['no quota', [{ type: 'error', message: 'no quota' }]])
  })

  it.each([
    ['text', 'password is hunter2\n', 'line 1 of its output is no message'],
    ['JSON of another form', '[1]\n', 'line 1 of its output is no message'],
    ['a type there is not', line('warn', 'x'), 'line 1 of its output has type "warn", which is none'],
    [
      'a variable without a value',
      line('info', 'x') + line('setenv', 'hunter2'),
      'line 2 of its output sets no variable: it should be NAME=value',
    ],
    ['a name that no variable has', line('setenv', 'MY-URL=x'), 'line 1 of its output sets no variable: it should be NAME=value'],
    ['a variable of ours', line('rawsetenv', 'PORT=1'), '"PORT" is set by threeways'],
    ['a NUL', line('setenv', 'A=\0'), 'the value of "A" holds a NUL character'],
  ])('is refused when it is %s, without repeating it', (_, text, problem) => {
    expect(heard(text).problem).toBe(problem)
  })

  it('has a limit, in bytes and in variables', () => {
    expect(heard(...Array.from({ length: 40 }, () => line('info', 'x'.repeat(50_000)))).problem).toBe(
      `it says more than ${saidBytesMax} bytes`,
    )
    expect(heard(Array.from({ length: 201 }, (_, index) => line('setenv', `V${index}=1`)).join('')).problem).toBe(
      'it sets more than 200 variables',
    )
  })
})
