/**
 * Whether tampering with an exported ledger is found, and how exactly it is named: random forgeries of every kind, by one who
 * changes lines, by one who makes the list of leaves fit as well, and by the latter against an auditor who kept a copy.
 *
 *     node bench/tamper.ts [forgeries] [events] [seed]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../src/kernel/clock.ts'
import { startCluster } from '../src/kernel/postgres/cluster.ts'
import { openKeyRing } from '../src/kernel/signing/key-ring.ts'
import { makeCatalogue } from '../src/ledger/catalogue.ts'
import { openLog } from '../src/ledger/proof/log.ts'
import { forge, forgeries, randomFrom, type Forger } from '../src/ledger/proof/tamper.fixture.ts'
import { verifyExport } from '../src/ledger/proof/verify.mjs'
import { openLedger } from '../src/ledger/store/open.ts'
import { exportLedger } from '../src/ledger/transfer.ts'
import { delivery } from './ledger/delivery.ts'
import { benchProjections } from './ledger/projections.ts'

const [count = 1000, events = 600, seed = 1] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
const cluster = await startCluster({ directory: path.join(folder, 'postgres') })
try {
  const { lines, keys } = await signedExport()
  const cases: readonly (readonly [string, Forger, readonly (readonly string[])[]])[] = [
    ['lines changed', 'lines', []],
    ['the list of leaves made to fit', 'list', []],
    ['the same, and the auditor kept a copy', 'list', [lines]],
  ]
  for (const [what, forger, copies] of cases) await measure(what, forger, copies, lines, keys)
} finally {
  await cluster.stop()
  await rm(folder, { recursive: true })
}

async function signedExport() {
  const ledger = await openLedger({ database: { cluster, name: 'tamper' }, projections: benchProjections, catalogue: makeCatalogue([]) })
  const ring = await openKeyRing(folder, systemClock.instant())
  const log = openLog(ledger, () => ring, systemClock)
  const source = delivery('tamper')
  for (let n = 0; n < events; n++) {
    await ledger.append([source.next().value!])
    if (n % 250 === 249) await log.checkpoint()
  }
  let text = ''
  for await (const chunk of exportLedger(ledger, log)) text += chunk
  const keys = (await log.keys()).map(({ vkey }) => vkey)
  await ledger.close()
  return { lines: text.split('\n').slice(0, -1), keys }
}

async function measure(
  what: string,
  forger: Forger,
  copies: readonly (readonly string[])[],
  lines: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const random = randomFrom(seed)
  const named = new Map<string, number>()
  let [found, wrong] = [0, 0]
  for (let n = 0; n < count; n++) {
    const forged = forge(lines, forgeries[n % forgeries.length]!, forger, random)
    const { ok, problem } = await verifyExport(() => forged.lines, { keys, against: copies.map((copy) => () => copy) })
    if (ok) continue
    found++
    if (!problem!.exact) continue
    if (problem!.kind === forged.kind && problem!.seq === forged.seq) named.set(forged.kind, (named.get(forged.kind) ?? 0) + 1)
    else wrong++
  }
  const all = [...named.values()].reduce((sum, one) => sum + one, 0)
  const kinds = forgeries.map((kind) => `${kind} ${named.get(kind) ?? 0}`).join(', ')
  console.log(`${what}: ${found} of ${count} found, ${all} named exactly (${kinds}), ${wrong} named wrongly (goal: all found, none wrong)`)
  if (found < count || wrong > 0) process.exitCode = 1
}
