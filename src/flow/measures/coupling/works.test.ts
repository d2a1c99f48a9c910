import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trunkChanges } from '../../lineage/changes.ts'
import { Links } from '../../lineage/links.ts'
import { Repository } from '../../lineage/repository.ts'
import { pairWorksView, workedView } from './view.ts'
import { worksOf } from './works.ts'

const day = 86_400
const begun = Date.UTC(2026, 0, 1) / 1000
const now = Date.UTC(2026, 11, 1)
const instant = (n: number) => new Date((begun + n * day) * 1000).toISOString()
const shaOf = (repository: number, n: number) => (repository * 10_000 + n + 1).toString(16).padStart(8, '0').repeat(5)

/** What came on the trunk of one repository, and on which day. */
type Said = { readonly repository: string; readonly day: number; readonly subject: string; readonly paths?: readonly string[] }

/** Repositories with these commits on their trunks, each of a day of its own. */
function estate(said: readonly Said[], links = new Links()) {
  const names = [...new Set(said.map(({ repository }) => repository))]
  const repositories = new Map(
    names.map((name) => {
      const repository = new Repository(name)
      const of = said.filter(({ repository: one }) => one === name).toSorted((a, b) => a.day - b.day)
      // Named by what it is and not by when it was told, so that another order tells of the same commits.
      const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7)
      const shas = of.map((_, n) => shaOf(seed, n))
      repository.addCommits(
        of.map(({ day: at, subject, paths }, n) => ({
          sha: shas[n]!,
          parents: n === 0 ? [] : [shas[n - 1]!],
          authored: begun + at * day,
          committed: begun + at * day,
          subject,
          files: 1,
          added: 1,
          deleted: 0,
          paths: [...(paths ?? ['src/a.ts'])],
        })),
      )
      const refs = { 'refs/heads/main': shas.at(-1)! }
      repository.addRefs({ repository: name, refs, trunk: 'refs/heads/main' }, { time: '2026', id: name })
      return [name, repository] as const
    }),
  )
  const changes = new Map([...repositories.values()].map((of) => [of, trunkChanges(of.graph, of.trunkTip()!)]))
  return { repositories: { repositories, links }, changesOf: (of: Repository) => changes.get(of) ?? [] }
}

const query = { days: 3660, minutes: 30, by: 'work' } as const
const look = (said: readonly Said[], more: { asOf?: string } = {}) => workedView(estate(said), { ...query, ...more }, now)

/** Nine services, each with tickets of its own; every third ticket of cart is one of till too. */
const ordinary = Array.from({ length: 180 }, (_, n): Said[] => {
  const service = n % 9
  const repository = `acme/${['cart', 'till', 'shop', 'mail', 'docs', 'find', 'login', 'stock', 'price'][service]!}`
  return [{ repository, day: n, subject: `ABC-${1000 + n}: change ${n}` }]
}).flat()
const bound = Array.from({ length: 12 }, (_, n): Said[] => [
  { repository: 'acme/cart', day: n * 15 + 0.2, subject: `ABC-${n + 1}: take vouchers` },
  { repository: 'acme/till', day: n * 15 + 0.7, subject: `Count vouchers (ABC-${n + 1})` },
]).flat()

describe('what is changed together across repositories', () => {
  it('is found by the tickets that both name, and by nothing else', () => {
    const view = look([...ordinary, ...bound])
    expect(view.rows).toMatchObject([{ a: 'cart', b: 'till', together: 12, timesA: 31, timesB: 31, confidenceA: 12 / 31 }])
    expect(view.rows[0]!.p).toBeLessThan(0.01)
    expect(view.named).toEqual({ works: 192, changes: 204, named: 204, common: [] })
  })

  it('is no pair where each has its own tickets, however near in time they are changed', () => {
    const near = Array.from({ length: 60 }, (_, n): Said[] => [
      { repository: 'acme/cart', day: n, subject: `ABC-${2 * n + 1}: change` },
      { repository: 'acme/till', day: n + 0.001, subject: `ABC-${2 * n + 2}: change` },
    ]).flat()
    expect(look([...ordinary, ...near])).toMatchObject({ looked: 0, rows: [] })
  })

  it('is found by the request or the commit of the other that a change names', () => {
    const others = ordinary.map((one) => ({ ...one, subject: `Change it (#${one.day + 500})` }))
    const naming = (name: (n: number) => string) =>
      Array.from({ length: 12 }, (_, n): Said[] => [
        { repository: 'acme/cart', day: n * 15 + 0.2, subject: `Take vouchers (#${n + 1})` },
        { repository: 'acme/till', day: n * 15 + 0.7, subject: `Count vouchers as ${name(n)} (#${n + 1})` },
      ]).flat()
    const byRequest = [...others, ...naming((n) => `acme/cart#${n + 1}`)]
    const { repositories, changesOf } = estate(byRequest)
    const cart = repositories.repositories.get('acme/cart')!
    const shas = changesOf(cart).flatMap(({ commit }) => (cart.graph.subject(commit).startsWith('Take') ? [cart.graph.sha(commit)] : []))
    const byCommit = [...others, ...naming((n) => `https://git.example/Acme/cart/commit/${shas[n]!.slice(0, 12)}`)]
    for (const said of [byRequest, byCommit]) expect(look(said).rows).toMatchObject([{ a: 'cart', b: 'till', together: 12 }])
    expect(look([...others, ...naming((n) => `#${n + 1}`)]).rows).toEqual([])
  })

  it('is not found by what looks like a ticket, is on everything, or lists what others did', () => {
    const both = (subject: (n: number) => string) =>
      Array.from({ length: 12 }, (_, n): Said[] => [
        { repository: 'acme/cart', day: n * 15 + 0.2, subject: subject(n) },
        { repository: 'acme/till', day: n * 15 + 0.7, subject: subject(n) },
      ]).flat()
    for (const subject of ['Read UTF-8', 'Sign with SHA-256', 'Write BASE-64', 'Take rails/rails#123', 'Mend #12', 'Mend it'])
      expect(look([...ordinary, ...both((n) => (n % 2 === 0 ? subject : `${subject} again`))]).rows).toEqual([])
    expect(look([...ordinary, ...both((n) => `Release ${[1, 2, 3, 4, 5, 6].map((m) => `ABC-${n * 10 + m}`).join(', ')}`)]).rows).toEqual([])
    const everywhere = look([...ordinary.map((one) => ({ ...one, subject: `REL-2026 ${one.subject}` })), ...both((n) => `REL-${n + 1}`)])
    expect(everywhere).toMatchObject({ named: { common: ['REL-2026'] }, rows: [{ a: 'cart', b: 'till', together: 12 }] })
  })

  it('takes a ticket in small letters from a branch, where it is elsewhere in capitals', () => {
    const branches = bound.map((one) => ({
      ...one,
      subject: `Merge pull request #9 from acme/${/ABC-\d+/.exec(one.subject)![0].toLowerCase()}-x`,
    }))
    const merges = branches.map((one, n) => ({ ...one, subject: one.subject.replace('#9', `#${n + 1}`) }))
    expect(look([...ordinary, ...merges]).rows).toMatchObject([{ together: 12 }])
    expect(look(merges).rows).toEqual([])
  })

  it('knows of no streams that one repository holds, nor of what came later', () => {
    const links = new Links()
    for (const stream of ['cart', 'till']) links.add({ stream, repository: 'acme/estate', paths: [stream] }, { time: '2026', id: stream })
    const one = [...ordinary.slice(18), ...bound].map((said) =>
      /cart|till/.test(said.repository) ? { ...said, repository: 'acme/estate', paths: [`${said.repository.slice(5)}/a.ts`] } : said,
    )
    expect(workedView(estate(one, links), query, now)).toMatchObject({ looked: 0, rows: [] })
    expect(look([...ordinary, ...bound], { asOf: instant(20) })).toMatchObject({ looked: 0, rows: [] })
  })

  it('knows of what is said of links after it was asked, in each window', () => {
    const links = new Links()
    const known = estate([...ordinary, ...bound], links)
    const asked = [query, { ...query, days: 300 }]
    for (const one of [...asked, ...asked]) expect(workedView(known, one, now).rows).toMatchObject([{ a: 'cart', b: 'till' }])
    links.add({ stream: 'shop-and-till', repository: 'acme/till' }, { time: '2026', id: 'a' })
    for (const one of asked) expect(workedView(known, one, now).rows).toMatchObject([{ a: 'cart', b: 'shop-and-till' }])
    // Now one repository holds a part of both: they are changed together in one change.
    links.add({ stream: 'shop-and-till', repository: 'acme/cart', paths: ['till'] }, { time: '2026', id: 'b' })
    for (const one of asked) expect(workedView(known, one, now).rows).toEqual([])
  })

  it('says of no data that there is none', () => {
    const unnamed = ordinary.map((one) => ({ ...one, subject: 'change' }))
    expect(look(unnamed)).toMatchObject({ rows: [], looked: 0, named: { works: 0, changes: 180, named: 0 } })
  })

  it('shows each work with the commits of both', () => {
    const { rows } = pairWorksView(estate([...ordinary, ...bound]), { ...query, a: 'till', b: 'cart' }, now)
    expect(rows).toHaveLength(24)
    expect(rows.slice(0, 2)).toMatchObject([
      { work: 'ABC-12', stream: 'cart', repository: 'acme/cart', subject: 'ABC-12: take vouchers' },
      {
        work: 'ABC-12',
        stream: 'till',
        repository: 'acme/till',
        subject: 'Count vouchers (ABC-12)',
        commit: expect.stringMatching(/^\w{40}$/),
      },
    ])
    expect(pairWorksView(estate([...ordinary, ...bound]), { ...query, a: 'cart', b: 'docs' }, now).rows).toEqual([])
    expect(() => pairWorksView(estate(bound), { ...query, a: 'cart', b: 'dosc' }, now)).toThrow('no repository of "dosc" is known')
  })

  it('is the same in whatever order it is read', () => {
    const subjects = ['ABC-1', 'ABC-2', 'ABC-1 and ABC-3', 'DEF-1', 'acme/b#3', 'Do (#3)', 'nothing']
    const some = fc.array(
      fc.record({ repository: fc.constantFrom('acme/a', 'acme/b', 'acme/c'), day: fc.nat(400), subject: fc.constantFrom(...subjects) }),
      { minLength: 1, maxLength: 40 },
    )
    const whole = { since: 0, until: now, asOf: now }
    const told = (said: readonly Said[], known = estate(said), window = whole) => {
      const { works, ...counts } = worksOf(known, window)
      return { ...counts, works: works.map(({ keys, parts }) => [keys, parts.map(({ change, streams }) => [change.merged, streams])]) }
    }
    fc.assert(
      fc.property(some, (said) => {
        const apart = [...new Map(said.map((one) => [`${one.repository} ${one.day}`, one])).values()]
        expect(told(apart.toReversed())).toEqual(told(apart))
        const { works, named, changes } = told(apart)
        // Nor does it depend on what was asked before.
        const known = estate(apart)
        const half = { ...whole, until: (begun + 200 * day) * 1000 }
        for (const window of [whole, half, half, whole]) expect(told(apart, known, window)).toEqual(told(apart, estate(apart), window))
        expect(works.reduce((sum, [, parts]) => sum + parts!.length, 0)).toBe(named)
        expect(named).toBeLessThanOrEqual(changes)
        const keys = works.flatMap(([all]) => all as readonly string[])
        expect(new Set(keys).size).toBe(keys.length)
      }),
    )
  })
})
