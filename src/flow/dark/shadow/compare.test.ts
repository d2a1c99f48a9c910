import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../environment/shadow.port.ts'
import { compared, placeOf } from './compare.ts'

const how = { headers: ['content-type'], body: 'compared', ignore: ['at'] } as const
const answer = (body: string | Buffer, headers: Answer['headers'] = {}, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: Buffer.from(body),
  ms: 1,
})
const what = (control: Answer, copy: Answer, method = 'GET') => compared({ control, copy, method }, how).what

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

  it('cannot be compared when one unpacks to more than is looked at', () => {
    const bomb = answer(gzipSync(Buffer.alloc(8 * 1024 ** 2)), { 'content-encoding': 'gzip' })
    expect(compared({ control: answer('{}'), copy: bomb, method: 'GET' }, how).failure).toBe('comparison')
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
