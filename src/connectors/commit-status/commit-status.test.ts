import { describe, expect, it } from 'vitest'
import { cut, post, waitOf } from './ask.ts'

const now = Date.UTC(2026, 10, 26, 12)
const of = (status: number, headers: Record<string, string>) => waitOf({ status, headers: new Headers(headers) }, now)

describe('a host that wants to be left alone', () => {
  it('says for how many seconds, until when, or that a limit is used up', () => {
    expect(of(503, { 'retry-after': '30' })).toBe(now + 30_000)
    expect(of(429, { 'retry-after': 'Thu, 26 Nov 2026 12:01:00 GMT' })).toBe(now + 60_000)
    // As api.github.com answers, and as gitlab.com does.
    expect(of(403, { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795000000' })).toBe(
      1_795_000_000_000,
    )
    expect(of(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1795000001' })).toBe(1_795_000_001_000)
  })

  it('is one that does not answer, too', async () => {
    const told = await post('http://127.0.0.1:1/', {}, {}, new AbortController().signal)
    expect(told).toMatchObject({ told: 'later', why: expect.stringMatching(/ECONNREFUSED|bad port/) })
    expect((told as { notBefore: number }).notBefore).toBeGreaterThan(Date.now())
  })

  it('is not one that refuses for another reason', () => {
    expect(of(403, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '1795000000' })).toBeUndefined()
    expect(of(422, {})).toBeUndefined()
    expect(of(429, { 'retry-after': 'soon' })).toBeUndefined()
  })
})

it('cuts a sentence where the host would refuse it', () => {
  expect(cut('x'.repeat(141), 140)).toHaveLength(140)
  expect(cut('short', 140)).toBe('short')
})
