import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../environment/shadow.port.ts'
import { compared, placeOf } from './compare.ts'

const limits = { perSecond: 20, concurrent: 5, bodyBytes: 10_000, timeoutMs: 1_000 }
const how = { compare: { headers: ['content-type'], body: 'compared', ignore: ['at'] }, limits } as const
const answer = (body: string | Buffer, headers: Answer['headers'] = {}, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: Buffer.from(body),
  ms: 1,
})
const whatOf = (answers: ReturnType<typeof compared>) => (answers === 'size' ? answers : answers.what)
const what = (control: Answer, copy: Answer, method = 'GET') => whatOf(compared({ control, copy, method }, how))

describe('two answers to one request', () => {
  it('are the same when only what does not count differs, however they are compressed', () => {
    const one = answer('{"n":1,"at":1}')
    for (const [encoding, pack] of Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }))
      expect(what(one, answer(pack('{"at":2,"n":1}'), { 'content-encoding': encoding }))).toBeUndefined()
  })

  it('differ by the bytes of what is no JSON, also where it says that it is', () => {
    expect(what(answer('a', { 'content-type': 'text/html' }), answer('b', { 'content-type': 'text/html' }))).toBe('body: other bytes')
    expect(what(answer('{"n":1}'), answer('{"n":'))).toBe('body: other bytes')
    expect(what(answer('{"n":1}'), answer(''), 'HEAD')).toBeUndefined()
    expect(
      what(answer('{"n":1}', { 'content-type': 'application/hal+json' }), answer('{"n":2}', { 'content-type': 'application/hal+json' })),
    ).toBe('body n: number, other number')
  })

  it('differ in status before anything else, and 5xx alone is a failure', () => {
    expect(compared({ control: answer('1'), copy: answer('1', {}, 404), method: 'GET' }, how)).toEqual({
      failure: undefined,
      what: 'status 200, 404',
    })
    expect(compared({ control: answer('1'), copy: answer('1', {}, 502), method: 'GET' }, how)).toEqual({
      failure: 'threw',
      what: 'status 200, 502',
    })
    expect(what(answer('1', {}, 500), answer('1', {}, 500))).toBeUndefined()
  })

  it('cannot be compared when one unpacks to more than is looked at, which is no difference', () => {
    const packed = (bytes: number) => answer(gzipSync(JSON.stringify('x'.repeat(bytes))), { 'content-encoding': 'gzip' })
    const large = { ...how, limits: { ...limits, bodyBytes: 1024 ** 2 } }
    expect(what(packed(41_000), packed(42_000))).toBe('size')
    expect(what(packed(30_000), packed(31_000))).toBe('body answer: string, other string')
    expect(compared({ control: packed(270_000), copy: packed(280_000), method: 'GET' }, large)).toBe('size')
    // Alike without being unpacked; and different whatever is in them.
    expect(what(packed(41_000), packed(41_000))).toBeUndefined()
    expect(what(packed(41_000), { ...packed(42_000), status: 404 })).toBe('status 200, 404')
  })

  it('cannot be compared when one is not packed as it says, which is a failure, and differ when one is too large to be kept', () => {
    const broken = answer('{}', { 'content-encoding': 'gzip' })
    expect(compared({ control: answer('{}1'), copy: broken, method: 'GET' }, how)).toMatchObject({ failure: 'comparison' })
    expect(what(answer('{}'), { ...answer(''), body: undefined })).toBe('body: larger than is compared')
  })
})

describe('a path that others may read', () => {
  it.each([
    ['/', '/'],
    ['/basket?user=ann', '/basket'],
    ['/orders/17/lines', '/orders/*/lines'],
    ['/users/ann@mail.example', '/users/*'],
    ['/a/b/c/d/e/f/g', '/a/b/c/d/e/…'],
  ])('%s is %s', (path, place) => expect(placeOf(path)).toBe(place))
})
