import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../kernel/digest.ts'
import { eventBytesMax, makeCatalogue } from '../../ledger/catalogue.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { ToldCommit } from './commits.port.ts'
import * as kinds from './events.ts'
import { CommitPacker, linkEvent, refsEvents, sourceOf } from './record-commits.ts'

const catalogue = makeCatalogue(Object.values(kinds))
const accepted = (events: readonly CloudEvent[]) => {
  for (const event of events) {
    catalogue.accept(event)
    expect(Buffer.byteLength(canonicalJson(event))).toBeLessThan(eventBytesMax)
  }
}
const sha = (n: number) => n.toString(16).padStart(40, '0')
const told = fc.record<ToldCommit>({
  sha: fc.nat().map(sha),
  parents: fc.array(fc.nat().map(sha), { maxLength: 3 }),
  authored: fc.oneof(fc.integer({ min: -1e12, max: 1e14 }), fc.constant(Number.NaN)),
  committed: fc.integer({ min: -1e12, max: 1e14 }),
  subject: fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('\0')),
  files: fc.nat(),
  paths: fc.array(fc.constantFrom('a', '\u0001\n'.repeat(2048), '\uFFFD'.repeat(4096)), { maxLength: 100 }),
})

describe('commits as events', () => {
  it('fit into them, whatever they say, in order and none lost, and the same ones each time', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 200 }), (commits) => {
        const pack = () => {
          const packer = new CommitPacker('acme/shop')
          return [...commits.map((one) => packer.add(one)), packer.take()].filter((event) => event !== undefined)
        }
        const events = pack()
        accepted(events)
        expect(events.flatMap(({ data }) => (data.subject.content['commits'] as ToldCommit[]).map((one) => one.sha))).toEqual(
          commits.map((one) => one.sha),
        )
        expect(pack()).toEqual(events)
      }),
      { numRuns: 30 },
    )
  })

  it('tell branches and tags that moved, and those alone, in as many as it takes', () => {
    const known = { repository: 'acme/shop', commits: 0, tips: [], cut: [], refs: { 'refs/heads/old': sha(1), 'refs/heads/main': sha(2) } }
    const refs = new Map([
      ['refs/heads/main', sha(3)],
      ...Array.from({ length: 3000 }, (_, n) => [`refs/tags/${n}-${'é'.repeat(40)}`, sha(n)] as const),
    ])
    const events = refsEvents('acme/shop', { refs, head: sha(3), trunk: 'refs/heads/main' }, known, 1_700_000_000_000)
    accepted(events)
    expect(events.length).toBeGreaterThan(1)
    const contents = events.map(({ data }) => data.subject.content as { refs: object; gone?: string[] })
    expect(contents.reduce((sum, content) => sum + Object.keys(content.refs).length, 0)).toBe(3001)
    expect(contents.flatMap(({ gone = [] }) => gone)).toEqual(['refs/heads/old'])
    const same = { ...known, refs: Object.fromEntries(refs), head: sha(3), trunk: 'refs/heads/main' }
    expect(refsEvents('acme/shop', { refs, head: sha(3), trunk: 'refs/heads/main' }, same, 1)).toEqual([])
  })

  it('come from a source that is a URI, whatever the repository is called', () => {
    expect(sourceOf('acme/büro shop')).toBe('/git/acme/b%C3%BCro%20shop')
    accepted([linkEvent('shop', 'acme/büro', ['services/shop'], 1_700_000_000_000)])
  })
})
