import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordedCommit } from './graph.ts'
import { touches } from './links.ts'
import { openBranches } from './branches.ts'
import { Repository } from './repository.ts'
import { resolve } from './resolve.ts'

const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)
const commit = (n: number, parents: readonly number[], more: Partial<RecordedCommit> = {}): RecordedCommit => ({
  sha: sha(n),
  parents: parents.map(sha),
  authored: n,
  committed: n,
  subject: `change ${n}`,
  ...more,
})

/** Each commit goes on from some before it. */
export const histories = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 40 })
  .map((all) => all.map((picks, n) => commit(n, n === 0 ? [] : [...new Set(picks.map((pick) => pick % n))])))

const said = (time: string) => ({ time, id: time })

describe('what is known of a repository', () => {
  it('is the same in whatever order its batches come, twice and overlapping', () => {
    const batches = fc.tuple(histories, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }))
    fc.assert(
      fc.property(batches, ([commits, cuts]) => {
        const [whole, parts] = [new Repository('acme/shop'), new Repository('acme/shop')]
        whole.addCommits(commits)
        for (const [from, length] of cuts)
          parts.addCommits(commits.slice(from % commits.length, (from % commits.length) + (length % 9)).toReversed())
        parts.addCommits(commits.toReversed())
        expect(parts.known()).toEqual(whole.known())
        for (const { sha: name, parents } of commits) {
          const here = parts.graph.find(name)!
          expect(parts.graph.parents(here).map(parts.graph.sha)).toEqual(parents)
        }
      }),
    )
  })

  it('ends where the parents of a commit are not known, and grows when they come', () => {
    const repository = new Repository('acme/shop')
    repository.addCommits([commit(2, [1], { subject: 'x' })])
    expect(repository.known()).toMatchObject({ commits: 1, tips: [sha(2)], cut: [sha(2)] })
    repository.addCommits([commit(1, []), commit(2, [1], { files: 1, added: 2, deleted: 1, paths: ['a'] })])
    expect(repository.known()).toMatchObject({ commits: 2, tips: [sha(2)], cut: [] })
    expect(repository.graph.lines(repository.graph.find(sha(2))!)).toBe(3)
  })

  it('takes of two that were told of a branch the later one', () => {
    const told = [
      { time: '2026-01-01T00:00:00.000Z', refs: { 'refs/heads/main': sha(0), 'refs/tags/v1': sha(0) }, trunk: 'refs/heads/main' },
      { time: '2026-01-02T00:00:00.000Z', refs: { 'refs/heads/main': sha(1) }, gone: ['refs/tags/v1'], trunk: 'refs/heads/main' },
    ]
    for (const order of [told, told.toReversed()]) {
      const repository = new Repository('acme/shop')
      repository.addCommits([commit(0, []), commit(1, [0])])
      for (const { time, ...refs } of order) repository.addRefs({ repository: 'acme/shop', ...refs }, said(time))
      expect([...repository.places()]).toEqual([['refs/heads/main', sha(1)]])
      expect(repository.graph.sha(repository.trunkTip()!)).toBe(sha(1))
    }
  })

  it('goes by the newest commit that is here, when a push is known and its commits are not', () => {
    const repository = new Repository('acme/shop')
    repository.addCommits([commit(0, []), commit(1, [0])])
    const pushed = (time: string, n: number) =>
      repository.addRefs({ repository: 'acme/shop', refs: { 'refs/heads/main': sha(n) }, trunk: 'refs/heads/main' }, said(time))
    pushed('2026-01-01', 1)
    for (let n = 2; n < 300; n++) pushed(`2026-02-${String(n).padStart(4, '0')}`, n)
    expect(repository.graph.sha(repository.trunkTip()!)).toBe(sha(1))
    expect([...repository.places().values()]).toEqual([sha(299)])
    repository.addCommits([commit(299, [1])])
    expect(repository.graph.sha(repository.trunkTip()!)).toBe(sha(299))
    repository.addRefs({ repository: 'acme/shop', refs: {}, gone: ['refs/heads/main'] }, said('2027'))
    expect(repository.trunkTip()).toBeUndefined()
  })
})

describe('open branches', () => {
  it('hold what the trunk has not, the oldest first, each with all that it has', () => {
    const repository = new Repository('acme/shop')
    repository.addCommits([commit(0, []), commit(1, [0]), commit(2, [0]), commit(3, [2]), commit(4, [1])])
    const heads = { main: 4, old: 0, merged: 1, feature: 3, base: 2 }
    const refs = Object.fromEntries(Object.entries(heads).map(([name, n]) => [`refs/heads/${name}`, sha(n)]))
    repository.addRefs(
      { repository: 'acme/shop', refs: { ...refs, 'refs/heads/elsewhere': sha(77), 'refs/tags/v1': sha(3) }, trunk: 'refs/heads/main' },
      said('1'),
    )
    expect(openBranches(repository).map(({ name, commits }) => [name, commits])).toEqual([
      ['base', 1],
      ['feature', 2],
    ])
    repository.addRefs({ repository: 'acme/shop', refs: { 'refs/heads/main': sha(3) } }, said('2'))
    expect(openBranches(repository).map(({ name }) => name)).toEqual(['merged'])
  })
})

describe('the commit of a version', () => {
  const repository = new Repository('acme/shop')
  const twin = { ...commit(9, []), sha: `${sha(1).slice(0, 12)}${'f'.repeat(28)}` }
  repository.addCommits([commit(0, []), commit(1, [0]), twin])
  repository.addRefs({ repository: 'acme/shop', refs: { 'refs/tags/v7': sha(0) } }, said('1'))
  const shaOf = (version: string, told?: string) => {
    const found = resolve(repository, version, told)
    return found.commit === undefined ? found.why : `${found.by} ${repository.graph.sha(found.commit)}`
  }

  it('is that which was told, of a tag, of a name, or at its end', () => {
    expect(shaOf('v7')).toBe(`tag ${sha(0)}`)
    expect(shaOf('v7', sha(1))).toBe(`commit ${sha(1)}`)
    expect(shaOf(sha(1))).toBe(`sha ${sha(1)}`)
    expect(shaOf(sha(0).slice(0, 9).toUpperCase())).toBe(`sha ${sha(0)}`)
    for (const name of [`release-${sha(0)}`, `v1.2-14-g${sha(0).slice(0, 9)}`, `main.${sha(0).slice(0, 8)}`, `shop:sha-${sha(0)}`])
      expect(shaOf(name)).toBe(`name ${sha(0)}`)
  })

  it('is none where it could be two, or is not known', () => {
    expect(shaOf(sha(1).slice(0, 10))).toContain('several commits')
    expect(shaOf('v8')).toContain('no tag "v8"')
    expect(shaOf('v8', 'e'.repeat(40))).toContain('no commit')
    expect(shaOf(`v8-${'e'.repeat(8)}`)).toContain('no commit')
    expect(shaOf('latest')).toContain('no tag')
  })
})

describe('paths of a stream', () => {
  it.each([
    [['services/shop/a.ts'], ['services/shop'], true],
    [['services/shopping/a.ts'], ['services/shop'], false],
    [['go.mod'], ['services/shop/', 'go.mod'], true],
    [['services/'], ['services/shop'], true],
    [['docs/'], ['services/shop'], false],
    [['/'], ['services/shop'], true],
    [[], ['services/shop'], false],
    [undefined, ['services/shop'], false],
    [undefined, [], true],
  ])('%j is a change of %j: %s', (changed, owned, is) => {
    expect(touches(changed, owned)).toBe(is)
  })
})
