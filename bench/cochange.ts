/**
 * What is changed together across repositories, in an estate that does not exist: how long the first look and every further one take,
 * and whether the pairs that were planted are found, and hardly any others.
 *
 *     node bench/cochange.ts [--commits 100000] [--repositories 60] [--planted 5] [--estates 20]
 */
import { parseArgs } from 'node:util'
import { trunkChanges } from '../src/flow/lineage/changes.ts'
import { Links } from '../src/flow/lineage/links.ts'
import { Repository } from '../src/flow/lineage/repository.ts'
import { workedView } from '../src/flow/measures/coupling/view.ts'
import { percentile } from './ledger/percentile.ts'

const { values } = parseArgs({
  options: {
    commits: { type: 'string', default: '100000' },
    repositories: { type: 'string', default: '60' },
    planted: { type: 'string', default: '5' },
    estates: { type: 'string', default: '20' },
  },
})
const count = Number(values.repositories)
const goalMs = 300
const day = 86_400
const now = Date.UTC(2026, 0, 1)
const query = { days: 3660, minutes: 30, by: 'work' } as const

/** Always the same numbers from 0 to 1. */
function sequence(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

/** Works of one to three repositories by chance, some busier than others; of the planted pairs a tenth of the works of one are of the other too. */
function estate(commits: number, planted: number, seed: number) {
  const random = sequence(seed)
  const all = Array.from({ length: count }, (): string[] => [])
  const any = () => Math.floor(count * random() ** 1.5)
  let made = 0
  for (let work = 1; made < commits; work++) {
    const touched = new Set([any()])
    while (random() < 0.15) touched.add(any())
    const [first] = touched
    if (first! < 2 * planted && random() < 0.1) touched.add(first! ^ 1)
    for (const at of touched)
      all[at]!.push(random() < 0.2 ? `change ${work} (#${all[at]!.length + 1})` : `ABC-${work}: change (#${all[at]!.length + 1})`)
    made += touched.size
  }
  const repositories = new Map(
    all.map((subjects, at) => {
      const name = `acme/s${at}`
      const repository = new Repository(name)
      const sha = (n: number) => (at * 1_000_000 + n + 1).toString(16).padStart(10, '0').repeat(4)
      repository.addCommits(
        subjects.map((subject, n) => {
          const time = Math.floor(now / 1000 - 1000 * day + (n / subjects.length) * 999 * day)
          return { sha: sha(n), parents: n === 0 ? [] : [sha(n - 1)], authored: time, committed: time, subject, files: 1, paths: ['a.ts'] }
        }),
      )
      repository.addRefs(
        { repository: name, refs: { 'refs/heads/main': sha(subjects.length - 1) }, trunk: 'refs/heads/main' },
        { time: '2026', id: name },
      )
      return [name, repository] as const
    }),
  )
  const changes = new Map([...repositories.values()].map((one) => [one, trunkChanges(one.graph, one.trunkTip()!)]))
  return { repositories: { repositories, links: new Links() }, changesOf: (one: Repository) => changes.get(one)! }
}

const isPlanted = (planted: number) => (pair: { a: string; b: string }) => {
  const [a, b] = [Number(pair.a.slice(1)), Number(pair.b.slice(1))]
  return a < 2 * planted && (a ^ 1) === b
}
function looked(known: ReturnType<typeof estate>) {
  const began = performance.now()
  const view = workedView(known, query, now)
  return { view, tookMs: performance.now() - began }
}

const planted = Number(values.planted)
const known = estate(Number(values.commits), planted, 7)
const first = looked(known)
const next = Array.from({ length: 20 }, () => looked(known).tookMs)
const p50 = percentile(next, 50)
const other = performance.now()
workedView(known, { ...query, days: 365 }, now)
const otherMs = performance.now() - other
console.log(
  `${first.view.named!.changes} commits of ${count} repositories, ${first.view.named!.works} works: first look ${first.tookMs.toFixed(0)} ms, then p50 ${p50.toFixed(0)} ms, p99 ${percentile(next, 99).toFixed(0)} ms (goal: ${goalMs}); another window ${otherMs.toFixed(0)} ms`,
)
let found = 0
let wrong = 0
let pairs = 0
for (let seed = 1; seed <= Number(values.estates); seed++) {
  const { rows, looked: of } = looked(estate(Number(values.commits) / 10, planted, 1000 + seed)).view
  const right = rows.filter(isPlanted(planted)).length
  found += right
  wrong += rows.length - right
  pairs += of
}
console.log(
  `${values.estates} estates of ${Number(values.commits) / 10} commits: ${found} of ${planted * Number(values.estates)} planted pairs found, ${wrong} others (of ${pairs} pairs with 3 works or more)`,
)
if (p50 > goalMs || wrong > 0.01 * pairs) process.exitCode = 1
