import { describe, expect, it } from 'vitest'
import { trunkChanges } from '../../lineage/changes.ts'
import { Links } from '../../lineage/links.ts'
import { Repository } from '../../lineage/repository.ts'
import { changedView } from './view.ts'

const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)
const day = 86_400
const begun = Date.UTC(2026, 0, 1) / 1000
const now = Date.UTC(2026, 11, 1)

/** A trunk of commits, each of which changed these paths. */
function estate(commits: readonly (readonly string[])[]) {
  const repository = new Repository('acme/estate')
  repository.addCommits(
    commits.map((paths, n) => ({
      sha: sha(n),
      parents: n === 0 ? [] : [sha(n - 1)],
      authored: begun + n * day,
      committed: begun + n * day,
      subject: `change ${n}`,
      files: paths.length,
      added: 1,
      deleted: 0,
      paths: [...paths],
    })),
  )
  const refs = { 'refs/heads/main': sha(commits.length - 1) }
  repository.addRefs({ repository: 'acme/estate', refs, trunk: 'refs/heads/main' }, { time: '2026', id: '1' })
  const links = new Links()
  for (const stream of ['shop', 'cart', 'till', 'docs'])
    links.add({ stream, repository: 'acme/estate', paths: [`services/${stream}`] }, { time: '2026', id: stream })
  links.add({ stream: 'everything', repository: 'acme/estate' }, { time: '2026', id: 'all' })
  const changesOf = (of: Repository) => trunkChanges(of.graph, of.trunkTip()!)
  return { repositories: { repositories: new Map([['acme/estate', repository]]), links }, changesOf }
}
const look = (commits: readonly (readonly string[])[]) => changedView(estate(commits), { days: 365, minutes: 30, by: 'change' }, now)

describe('what is changed together', () => {
  it('is found by the changes that touch both, and not by those that own all of it', () => {
    const together = ['services/cart/a.ts', 'services/till/b.ts', 'README.md']
    const alone = [['services/shop/x.ts'], ['services/docs/y.md'], ['README.md']]
    const commits = Array.from({ length: 60 }, (_, n) => (n % 5 === 0 ? together : alone[n % 3]!))
    const { rows, by, environment } = look(commits)
    expect([by, environment]).toEqual(['change', null])
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ a: 'cart', b: 'till', together: 12, confidence: 1 })
  })

  it('says nothing of a repository that is not shared, or of what is not known', () => {
    expect(look([['services/shop/x.ts'], ['services/cart/x.ts']]).rows).toEqual([])
    expect(
      changedView(
        { repositories: { repositories: new Map(), links: new Links() }, changesOf: () => [] },
        { days: 365, minutes: 30, by: 'change' },
        now,
      ),
    ).toMatchObject({
      rows: [],
      looked: 0,
    })
  })
})
