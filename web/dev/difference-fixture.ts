import type { CandidateCard, Difference, ParityView, Patch, StreamView } from '../src/api/types.ts'
import { card, clockAt, commitOf } from './build-fixtures.ts'

/** What a candidate of the shop changes of what its production runs. */
export function differenceOf(candidate: CandidateCard, streams: readonly StreamView[], against: string): Difference {
  const clock = clockAt(Date.now())
  const stages = streams.flatMap((view) => view.stages)
  const running = stages.find(({ name, running }) => (name === against || running?.card.digest === against) && running !== null)?.running
  const other = running?.card ?? card(clock, 'Mia Tanaka', 'Show delivery times on every part', 3000)
  const stage = stages.some(({ name }) => name === against) ? against : null
  if (other.digest === candidate.digest) {
    const nothing = { code: null, config: null, environment: null, packages: null, migrations: [], unknown: [] }
    return { candidate, against: { stage, card: other }, ...nothing }
  }
  return {
    candidate,
    against: { stage, card: other },
    code: {
      commits: [
        { commit: candidate.commit, author: candidate.author, summary: candidate.summary, committedAt: candidate.committedAt },
        { commit: commitOf('two'), author: 'Brent Osei', summary: 'Keep the cart in one place', committedAt: clock.ago(5400) },
        { commit: commitOf('three'), author: 'Ada Okafor', summary: 'Name the columns of the cart', committedAt: clock.ago(7200) },
      ],
      commitsTotal: 3,
      lost: [],
      lostTotal: 0,
      files: [
        { path: 'src/cart/keep.js', previous: null, kind: 'added', added: 84, removed: 0 },
        { path: 'src/cart/cart.js', previous: null, kind: 'changed', added: 21, removed: 37 },
        { path: 'src/cart/columns.js', previous: 'src/columns.js', kind: 'renamed', added: 2, removed: 2 },
        { path: 'test/cart.test.js', previous: null, kind: 'changed', added: 46, removed: 3 },
        { path: 'assets/cart.png', previous: null, kind: 'changed', added: null, removed: null },
        { path: 'src/session.js', previous: null, kind: 'removed', added: 0, removed: 29 },
      ],
      filesTotal: 6,
      added: 153,
      removed: 71,
    },
    config: {
      settings: against,
      changes: [
        { path: '/services/web/environment/CART_DAYS', from: null, to: '7' },
        { path: '/services/web/health/timeoutMs', from: '2000', to: '5000' },
      ],
      same: 61,
    },
    environment: { same: false, tools: [{ path: 'node', from: '24.20.0', to: '24.21.0' }], lockFiles: [] },
    packages: {
      changes: [
        { ecosystem: 'npm', file: 'package-lock.json', name: 'cookie', kind: 'added', from: [], to: ['1.0.2'] },
        { ecosystem: 'npm', file: 'package-lock.json', name: 'pg', kind: 'changed', from: ['8.22.0'], to: ['8.23.1'] },
        { ecosystem: 'npm', file: 'package-lock.json', name: 'session-file-store', kind: 'removed', from: ['1.5.0'], to: [] },
      ],
      total: 3,
      same: 118,
      unread: [],
    },
    migrations: [
      { resource: 'db', name: '0007_cart_columns.sql', kind: 'expand' },
      { resource: 'db', name: '0008_old_cart.contract.sql', kind: 'contract' },
    ],
    unknown: [],
  }
}

export const patch: Patch = {
  complete: true,
  text: `diff --git a/src/cart/cart.js b/src/cart/cart.js
index 1..2 100644
--- a/src/cart/cart.js
+++ b/src/cart/cart.js
@@ -1,7 +1,8 @@ import { price } from '../price.js'
 export function cart(session) {
-  const lines = session.lines ?? []
-  return { lines, total: sum(lines) }
+  const lines = kept(session).lines
+  // A line without a part was sold out meanwhile.
+  return { lines: lines.filter(({ part }) => part), total: sum(lines) }
 }
 
 function sum(lines) {
`,
}

export function parityOf(a: string, b: string, streams: readonly StreamView[]): ParityView {
  const runs = (id: string) =>
    streams.flatMap((view) => view.stages).find(({ environment }) => environment?.id === id)?.running?.card.digest ?? ''
  return {
    a: { id: a, candidate: runs(a) },
    b: { id: b, candidate: runs(b) },
    sameCandidate: runs(a) === runs(b),
    declared: [
      { path: '/services/web/environment/LOG_LEVEL', a: 'debug', b: 'info' },
      { path: '/resources/db/seed', a: 'seed/small.sql', b: null },
    ],
    undeclared: [{ path: '/services/web/environment/CART_DAYS', a: '7', b: null }],
    same: 58,
    passes: false,
  }
}
