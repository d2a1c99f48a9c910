import { describe, expect, it } from 'vitest'
import { mayGo, postureType, skewMsMax } from './posture.ts'
import { parseScope } from './scope.ts'

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
