import { describe, expect, it } from 'vitest'
import { namesIn } from './names.ts'

const named = (...messages: string[]) => {
  const { tickets, small, references, commits } = namesIn(messages)
  return [...tickets, ...[...small].map((key) => `(${key})`), ...references, ...commits]
}

describe('what a message names', () => {
  it.each([
    ['ABC-123: pay by card', ['ABC-123']],
    ['Pay by card [PAY2-7], see https://tickets.example/browse/ABC-9', ['PAY2-7', 'ABC-9']],
    ['Merge pull request #12 from acme/fix-ABC-123-pay', ['ABC-123']],
    ['Merge pull request #12 from acme/ann/abc-123-pay', ['(ABC-123)']],
    ["Merge branch 'feature/abc-123_pay' into 'main'", ['(ABC-123)']],
    ['Pay, as of acme/till#12 and Acme/Till#12', ['acme/till#12']],
    ['Pay (acme/group/till!12)', ['acme/group/till!12']],
    ['Follow https://github.com/acme/till/pull/12.', ['acme/till#12']],
    ['Follow https://gitlab.example/acme/group/till/-/merge_requests/12', ['acme/group/till!12']],
    ['Do https://github.com/acme/plan/issues/3#issuecomment-1', ['acme/plan#3']],
    ['Card https://trello.com/c/AbCd1234/12-pay-by-card', ['trello.com/c/AbCd1234']],
    ['Like acme/till@1a2b3c4 and https://github.com/acme/till/commit/1a2b3c4d', ['acme/till@1a2b3c4', 'acme/till@1a2b3c4d']],
  ])('%s', (message, names) => {
    expect(named(message)).toEqual(names)
  })

  it.each([
    'Read UTF-8, SHA-256 and ISO-8601',
    'Mend CVE-2024-1234 and GHSA-ABCD-1234',
    'Close GH-12, #12 and gh#12',
    'Release ABC-1.2 and ABC-0',
    'Merge pull request #3 from acme/dependabot/npm/rails-7.1.2',
    'Use x-3, XABC-12x and ann@example.org',
    'pay by abc-123',
  ])('says of nothing: %s', (message) => {
    expect(named(message)).toEqual([])
  })
})
