import { describe, expect, it } from 'vitest'
import { addressesOf } from './addresses.ts'

describe('the addresses of a database', () => {
  it('are one, or several in the order in which they are tried', () => {
    expect(addressesOf('postgresql://app:s%40@db/threeways')).toEqual({
      url: 'postgresql://app:s%40@db/threeways',
      list: [{ host: 'db', port: 5432 }],
      writable: false,
    })
    expect(addressesOf('postgres://app@one:5433,[::1],two:5434/threeways?sslmode=require')).toEqual({
      url: 'postgres://app@one:5433/threeways?sslmode=require',
      list: [
        { host: 'one', port: 5433 },
        { host: '::1', port: 5432 },
        { host: 'two', port: 5434 },
      ],
      writable: true,
    })
    expect(addressesOf('postgresql://app@localhost:7/x?host=%2Frun%2Fpg').list).toEqual([{ host: '/run/pg', port: 7 }])
    expect(addressesOf('postgresql://app@/x?host=one,two&port=1,2').list).toEqual([
      { host: 'one', port: 1 },
      { host: 'two', port: 2 },
    ])
  })

  it('must be able to lead to a server that can be written to', () => {
    expect(addressesOf('postgresql://one,two/x?target_session_attrs=any').writable).toBe(false)
    expect(addressesOf('postgresql://one/x?target_session_attrs=primary')).toMatchObject({ url: 'postgresql://one/x', writable: true })
    for (const wrong of [
      'postgresql://one/x?target_session_attrs=standby',
      'mysql://one/x',
      'postgresql://one:0/x',
      'postgresql://a:b:c/x',
    ])
      expect(() => addressesOf(wrong)).toThrow(expect.objectContaining({ code: 'DATABASE_URL_INVALID' }) as Error)
  })
})
