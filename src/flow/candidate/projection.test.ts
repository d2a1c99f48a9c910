import { describe, expect, it } from 'vitest'
import type { Fact } from '../../ledger/event.ts'
import { candidateBuilt, changeMerged } from './events.ts'
import { candidates, changes } from './projection.ts'
import { candidateCard } from './views.ts'

const fact = (kind: { type: string }, over: Partial<Fact>): Fact => ({
  type: kind.type,
  source: '/threeways',
  id: '1',
  time: '2026-03-01T10:00:00.000000000Z',
  subject: 's',
  content: {},
  custom: {},
  chainId: undefined,
  ...over,
})
const change = { stream: 'shop', commit: 'c'.repeat(40), author: 'Ada', summary: 'Fix the till', committedAt: '2026-03-01T09:00:00.000Z' }
const rows = (projection: { handlers: readonly { type: string; changes: (fact: Fact<never>) => readonly object[] }[] }, fact: Fact) =>
  projection.handlers.filter(({ type }) => type === fact.type).flatMap(({ changes }) => changes(fact as Fact<never>))

describe('candidates and changes', () => {
  it('shows a candidate as it was built', () => {
    const content = { ...change, artifact: 'a', environment: 'e', files: 1, bytes: 2, reproducible: 'unchecked', tools: {}, lockFiles: {} }
    const [row] = rows(candidates, fact(candidateBuilt, { subject: 'sha256:1', content }))
    expect(row).toMatchObject({ digest: 'sha256:1', branch: null, builtAt: '2026-03-01T10:00:00.000000000Z', files: 1 })
    expect(candidateCard(row as Parameters<typeof candidateCard>[0])).toEqual({
      digest: 'sha256:1',
      commit: change.commit,
      author: 'Ada',
      summary: 'Fix the till',
      committedAt: '2026-03-01T09:00:00.000Z',
      builtAt: '2026-03-01T10:00:00.000Z',
    })
  })

  it('keeps what fixes a stop', () => {
    expect(rows(changes, fact(changeMerged, { custom: { ...change, fixesStop: 's1' } }))).toEqual([
      { ...change, fixesStop: 's1', mergedAt: '2026-03-01T10:00:00.000000000Z' },
    ])
  })

  it("leaves alone what other producers' events do not say", () => {
    expect(rows(changes, fact(changeMerged, { custom: {} }))).toEqual([])
    expect(rows(changes, fact(changeMerged, { custom: { stream: 'shop', commit: 'c', author: 7 } }))).toMatchObject([
      { commit: 'c', author: null },
    ])
  })
})
