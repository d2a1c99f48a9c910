import { describe, expect, it } from 'vitest'
import { addressVariables, meantBy, reachOf, warningOf } from './addresses.ts'

const urls = { web: 'http://127.0.0.1:4001', 'order-api': 'http://127.0.0.1:4002' }

describe('what dependants of a Compose service are told', () => {
  it('is the address of the service that is meant, and of each', () => {
    expect(addressVariables(urls, 'web', reachOf({}))).toEqual([
      'URL=http://127.0.0.1:4001',
      'HOST=127.0.0.1',
      'PORT=4001',
      'ORDER_API_URL=http://127.0.0.1:4002',
      'ORDER_API_HOST=127.0.0.1',
      'ORDER_API_PORT=4002',
      'WEB_URL=http://127.0.0.1:4001',
      'WEB_HOST=127.0.0.1',
      'WEB_PORT=4001',
    ])
  })

  it('has the host that is announced', () => {
    const [url] = addressVariables(urls, 'web', reachOf({ bind: '0.0.0.0', announce: 'host.docker.internal' }))
    expect(url).toBe('URL=http://host.docker.internal:4001')
  })

  it('means the service that was told, the one of the same name, or the only one', () => {
    expect(meantBy(urls, 'order-api', 'web')).toBe('order-api')
    expect(meantBy(urls, undefined, 'web')).toBe('web')
    expect(meantBy({ web: urls.web }, undefined, 'shop')).toBe('web')
    expect(meantBy(urls, undefined, 'shop')).toBeUndefined()
    expect(() => meantBy(urls, 'wbe', 'shop')).toThrow('no service of that name')
  })
})

describe('where services can be asked', () => {
  it('is a warning while only this machine can', () => {
    expect(warningOf(reachOf({}))).toContain('network_mode: host')
    expect(warningOf(reachOf({ bind: '172.17.0.1' }))).toBeUndefined()
  })

  it('is refused when it is no address that anybody could ask', () => {
    expect(() => reachOf({ bind: '0.0.0.0' })).toThrow('option "bind" is 0.0.0.0')
  })
})
