import { describe, expect, it } from 'vitest'
import { mayGo, postureType, skewMsMax } from './posture.ts'
import { misnamed, parseScope } from './scope.ts'

const at = 1_800_000_000_000
const posture = (more: object = {}) => ({
  version: 1,
  issuer: 'home',
  scope: 'service/shop',
  state: 'open',
  stops: [],
  head: 7,
  issuedAt: new Date(at).toISOString(),
  expiresAt: new Date(at + 60_000).toISOString(),
  ...more,
})
const stop = {
  id: 'stop-a',
  scope: 'stage/shop/production',
  reason: 'odd',
  since: new Date(at).toISOString(),
  cause: 'person',
  owner: null,
}
const ask = (value: object, scope = 'shop', now = at + 1000, payloadType = postureType) =>
  mayGo({ payloadType, payload: Buffer.from(JSON.stringify(value)) }, parseScope(scope), now).answer

describe('a posture that an executor holds', () => {
  it('lets go while it is fresh and open, and says no when it is stopped', () => {
    expect(ask(posture())).toBe('go')
    expect(ask(posture({ state: 'stopped', stops: [stop] }))).toBe('stopped')
  })

  it('answers for what lies in its scope, and for nothing else', () => {
    const stopped = posture({ state: 'stopped', stops: [stop] })
    expect(ask(stopped, 'stage/shop/test')).toBe('go')
    expect(ask(stopped, 'stage/shop/production')).toBe('stopped')
    expect(ask(stopped, 'environment/shop/live')).toBe('stopped')
    expect(ask(posture(), 'service/bank')).toBe('unknown')
    expect(ask(posture(), 'all')).toBe('unknown')
  })

  it.each([
    ['expired', posture(), at + 60_000],
    ['from the future: a clock is wrong', posture(), at - skewMsMax - 1],
    ['good for too long', posture({ expiresAt: new Date(at + 3_600_000).toISOString() }), at],
    ['without times', posture({ issuedAt: 'soon', expiresAt: 'later' }), at],
    ['of another version', posture({ version: 2 }), at],
    ['stopped without a stop', posture({ state: 'stopped' }), at],
    ['damaged', {}, at],
  ])('decides nothing when it is %s', (_, value, now) => {
    expect(ask(value, 'shop', now)).toBe('unknown')
  })

  it('decides nothing when it is another kind of document', () => {
    expect(ask(posture(), 'shop', at, 'text/plain')).toBe('unknown')
  })
})

describe('a scope that is asked for', () => {
  const shop = { stream: 'shop', stages: ['test', 'production'], environments: ['live'], services: ['web'] }
  const asked = (scope: string) => misnamed(parseScope(scope), [shop, { ...shop, stream: 'bank', stages: ['test', 'vault'] }])

  it.each(['all', 'shop', 'service/shop/web', 'stage/shop/production', 'stage/*/vault', 'environment/bank/live'])('is there: %s', (scope) =>
    expect(asked(scope)).toBeUndefined(),
  )

  it.each([
    ['shpo', 'STREAM_NOT_FOUND', 'there are: shop, bank'],
    ['stage/shop/prodcution', 'SCOPE_NOT_FOUND', 'there are: test, production'],
    ['stage/shop/vault', 'SCOPE_NOT_FOUND', 'there are: test, production'],
    ['stage/*/valt', 'SCOPE_NOT_FOUND', 'there are: test, production, vault'],
    ['environment/shop/lvie', 'SCOPE_NOT_FOUND', 'there are: live'],
    ['service/shop/wbe', 'SCOPE_NOT_FOUND', 'there are: web'],
  ])('%s is a slip of the pen, and what there is is named', (scope, code, help) => {
    expect(asked(scope)).toMatchObject([code, { help }])
  })
})
