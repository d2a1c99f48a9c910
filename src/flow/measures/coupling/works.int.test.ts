import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import { CommitPacker, linkEvent, refsEvents } from '../../history/record-commits.ts'
import type { CouplingView, PairWorks } from './schemas.ts'

const day = 86_400
const begun = Date.UTC(2026, 0, 1) / 1000
const names = ['cart', 'till', 'shop', 'mail', 'docs', 'find']
const shaOf = (name: string, n: number) => Buffer.from(`${name} ${n}`.padEnd(20, '.')).toString('hex')

/** Each has tickets of its own, and every third of cart's is one of till's too. */
const events = names.flatMap((name) => {
  const packer = new CommitPacker(`acme/${name}`)
  const ticket = (n: number) => (name === 'till' && n % 3 === 0 ? n * names.length : n * names.length + names.indexOf(name)) + 1
  const commits = Array.from({ length: 60 }, (_, n) => ({
    sha: shaOf(name, n),
    parents: n === 0 ? [] : [shaOf(name, n - 1)],
    authored: begun + n * day,
    committed: begun + n * day,
    subject: `ABC-${ticket(n)}: change ${name}`,
    files: 1,
    paths: ['a.ts'],
  }))
  const told = { refs: new Map([['refs/heads/main', shaOf(name, 59)]]), head: shaOf(name, 59), trunk: 'refs/heads/main' }
  const known = { repository: `acme/${name}`, commits: 0, tips: [], cut: [], refs: {} }
  return [...commits.flatMap((one) => packer.add(one) ?? []), packer.take()!, ...refsEvents(`acme/${name}`, told, known, begun * 1000)]
})

describe('what is changed together across repositories', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.threeways.ledger.append(events)
  })
  afterAll(() => t.close())
  const ask = async <T>(place: string) => (await t.ask('GET', `/api/coupling${place}`)).body as T
  const table = async (place: string) => {
    const headers = { authorization: `Bearer ${t.threeways.adminToken}`, accept: 'text/csv' }
    return (await (await t.threeways.app.request(`/api/coupling${place}`, { headers })).text()).trimEnd().split('\r\n')
  }

  it('is told over HTTP, with its works and as a table', async () => {
    const { rows, named } = await ask<CouplingView>('?by=work&days=3660')
    expect(rows).toMatchObject([{ a: 'cart', b: 'till', together: 20 }])
    expect(named).toEqual({ works: 340, changes: 360, named: 360, common: [] })
    const works = await ask<PairWorks>('/works?a=cart&b=till&days=3660')
    expect(works).toMatchObject({ a: 'cart', b: 'till', works: 20 })
    expect(works.rows.filter(({ work }) => work === 'ABC-1').map(({ commit }) => commit)).toEqual([shaOf('cart', 0), shaOf('till', 0)])
    expect(await table('?by=work&days=3660')).toHaveLength(2)
    const [head, ...lines] = await table('/works?a=cart&b=till&days=3660')
    expect(head).toBe('work,keys,stream,merged,repository,commit,subject')
    expect(lines).toHaveLength(40)
  })

  it('follows what people say of who is built from what', async () => {
    await t.threeways.ledger.append([linkEvent('checkout', 'acme/till', [], begun * 1000)])
    expect(await ask('?by=work&days=3660')).toMatchObject({ rows: [{ a: 'cart', b: 'checkout', together: 20 }] })
  })

  it.each([
    ['/works?a=cart&b=cart', 400, 'REQUEST_INVALID'],
    ['/works?a=cart', 400, 'REQUEST_INVALID'],
    ['/works?a=cart&b=nobody', 404, 'STREAM_NOT_FOUND'],
    ['?by=author', 400, 'REQUEST_INVALID'],
  ])('%s: is refused', async (place, status, code) => {
    expect(await t.ask('GET', `/api/coupling${place}`)).toMatchObject({ status, body: { code } })
  })
})
