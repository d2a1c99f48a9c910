import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../kernel/digest.ts'
import type { Answer, Seen, Shadowing } from '../../environment/shadow.port.ts'
import { makeShadowDesk } from './desk.ts'

const limits = { perSecond: 20, concurrent: 2, bodyBytes: 1_000, timeoutMs: 1_000 }
const shadowing = (parts: Partial<Shadowing> = {}): Shadowing => ({
  from: 'shop/production',
  share: 1,
  methods: ['GET'],
  pass: [],
  compare: { headers: [], body: 'compared', ignore: [] },
  noise: 0,
  limits,
  ...parts,
})
const to = (candidate: string, how = shadowing()) => ({
  environment: 'shop/test' as const,
  candidate: `sha256:${candidate}` as Digest,
  shadowing: how,
})
const answer = (parts: Partial<Answer> = {}): Answer => ({ status: 200, headers: {}, body: Buffer.from('{}'), ms: 1, ...parts })
const seen = (copy: Seen['copy'] = answer()): Seen => ({
  kind: 'candidate',
  service: 'web',
  method: 'GET',
  path: '/',
  control: answer(),
  copy,
})

describe('the budget of copies', () => {
  it('is one for all candidates of an environment, however they take turns', () => {
    const desk = makeShadowDesk(() => 0)
    // Limits that are read anew have the same values.
    const begun = Array.from({ length: 100 }, (_, n) => desk.begin(to(n % 2 === 0 ? 'one' : 'other', shadowing({ limits: { ...limits } }))))
    expect(begun.filter(Boolean)).toHaveLength(2)
    const taken = desk.take()
    expect(taken.map(({ rehearsals }) => rehearsals.dropped.concurrency)).toEqual([49, 49])
  })

  it('is another when its limits change', () => {
    const desk = makeShadowDesk(() => 0)
    for (let n = 0; n < 3; n++) desk.begin(to('one'))
    expect(desk.begin(to('one'))).toBeUndefined()
    expect(desk.begin(to('one', shadowing({ limits: { ...limits, concurrent: 3 } })))).toBeDefined()
  })
})

describe('what copies came to', () => {
  it('is told of a candidate that is left until nothing is under way to it', () => {
    const desk = makeShadowDesk(() => 0)
    const late = desk.begin(to('one'))!
    desk.begin(to('other'))!.end(seen())
    expect(desk.take().map(({ rehearsals }) => rehearsals.flag)).toEqual(['sha256:other'])
    late.end(seen())
    expect(desk.take()).toMatchObject([{ from: 'shop/production', rehearsals: { flag: 'sha256:one', candidate: { compared: 1 } } }])
    expect(desk.take()).toEqual([])
  })

  it('is nothing where answers unpack to more than is looked at', () => {
    const desk = makeShadowDesk(() => 0)
    const packed = answer({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(1024 ** 2)) })
    desk.begin(to('one'))!.end(seen(packed))
    expect(desk.take()).toMatchObject([{ oversized: 1, rehearsals: { candidate: { compared: 0, different: 0, failed: 0 } } }])
  })
})
