import { describe, expect, it } from 'vitest'
import type { Past } from './past.ts'
import { unknownStream } from './unknown-stream.ts'

const at = Date.parse('2022-10-10T08:00:00Z')
const deployments = ['integration', 'production'].map((environment, n) => ({ environment, at: at + n, version: 'v1' }))
const past = { streams: new Map(['search-admin', 'finder-frontend'].map((stream) => [stream, { stream, deployments }])) } as unknown as Past

describe('what is said of a value stream of which nothing can be said', () => {
  it.each([
    ['serch-admin', {}, 'nothing is known of deployments of "serch-admin"', 'did you mean "search-admin"?'],
    ['moon', {}, 'nothing is known of deployments of "moon"', 'see `threeways flow`'],
    [
      'search-admin',
      { asOf: '2020-01-01T00:00:00.000Z' },
      'nothing was known of deployments of "search-admin" on 2020-01-01',
      'the first that is known is of 2022-10-10',
    ],
    ['search-admin', { to: 'prodution' }, 'nothing is known of deployments of "search-admin" to prodution', 'did you mean "production"?'],
    ['search-admin', { to: 'moon' }, 'nothing is known of deployments of "search-admin" to moon', 'there is "integration", "production"'],
  ])('is why: %s %j', (stream, asked, message, help) => {
    expect(unknownStream(past, stream, asked)).toMatchObject({ code: 'STREAM_NOT_FOUND', message, help })
  })
})
