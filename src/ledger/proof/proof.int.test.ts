import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../../kernel/clock.ts'
import { run } from '../../kernel/process.ts'
import { openKeyRing, rotateKey, type KeyRing } from '../../kernel/signing/key-ring.ts'
import { cake, kitchen, meal } from '../store/kitchen.fixture.ts'
import { openTestLedger, type TestLedger } from '../testing.ts'
import { exportLedger, importLedger } from '../transfer.ts'
import { openLog, type Log } from './log.ts'
import { forge, forgeries, randomFrom, type Forger } from './tamper.fixture.ts'
import { readCheckpoint, readKey, verifyConsistency, verifyExport, verifyProof } from './verify.mjs'

const clock = manualClock()
let folder: string
let ring: KeyRing
let test: TestLedger
let log: Log
let keys: readonly string[]
let older: readonly string[]
let lines: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways-proof-'))
  ring = await openKeyRing(folder, clock.instant())
  test = await openTestLedger({ ...kitchen, clock })
  log = openLog(test.ledger, () => ring, clock)
  // More than one tile, and events from before anything was signed.
  await add(0, 300)
  await log.checkpoint()
  await add(300, 260)
  older = await exported()
  await add(560, 40)
  lines = await exported()
  keys = [(await log.keys())[0]!.vkey]
})
afterAll(async () => {
  await test.close()
  await rm(folder, { recursive: true })
})

async function add(from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    clock.forward(7)
    await test.ledger.append([n % 3 === 0 ? cake({ id: `é${n}`, grams: n }) : meal({ id: `é${n}` })])
  }
}
async function exported(): Promise<readonly string[]> {
  let text = ''
  for await (const chunk of exportLedger(test.ledger, log)) text += chunk
  return text.split('\n').slice(0, -1)
}
const verdictOn = (text: readonly string[], against: readonly (readonly string[] | string)[] = []) =>
  verifyExport(() => text, { keys, against: against.map((held) => (typeof held === 'string' ? held : () => held)) })

describe('an export', () => {
  it('is as it was signed, says a script that needs nothing but Node', async () => {
    const file = path.join(folder, 'export.jsonl')
    await writeFile(file, `${lines.join('\n')}\n`)
    const script = path.join(import.meta.dirname, 'verify.mjs')
    const good = await run(process.execPath, [script, file, '--key', keys[0]!])
    expect(good).toMatchObject({ code: 0, stdout: `${file}: all 600 events are as they were signed, 3 checkpoints\n` })
    await writeFile(file, `${lines.with(17, lines[17]!.replace('é16', 'é17')).join('\n')}\n`)
    const bad = await run(process.execPath, [script, file, '--key', keys[0]!])
    expect(bad.code).toBe(6)
    expect(bad.stdout).toContain('NOT as it was signed: event 17 "é16" was changed')
  })

  it('is so, too, when a tool has written its values in another form', async () => {
    const turned = (line: string) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).toReversed()))
    const written = lines.map((line) => (line.startsWith('{"seq"') ? turned(line) : line))
    expect(await verdictOn(written)).toMatchObject({ ok: true, events: 600 })
  })

  it('gives the same tree in the ledger it is imported into', async () => {
    const into = await openTestLedger({ ...kitchen, clock })
    try {
      const chunks = (async function* () {
        yield `${lines.join('\n')}\n`
      })()
      await importLedger(into.ledger, chunks, 'export.jsonl')
      const again = await openLog(into.ledger, () => ring, clock).checkpoint()
      expect(again).toMatchObject({ size: 600, root: (await log.latest())!.root })
    } finally {
      await into.close()
    }
  })

  it('is not believed with the key of another, or without a checkpoint', async () => {
    const foreign = await openKeyRing(await mkdtemp(path.join(folder, 'other-')), clock.instant())
    const other = openLog(test.ledger, () => foreign, clock)
    await expect(other.checkpoint()).rejects.toMatchObject({ code: 'LEDGER_KEY_ELSEWHERE' })
    const bare = lines.filter((line) => !line.startsWith('{"checkpoint"'))
    expect(await verdictOn(bare)).toMatchObject({ ok: false, problem: { kind: 'unproven', exact: false } })
  })

  it('that was put back in time is found out by a later checkpoint that was kept', async () => {
    const { note } = (await log.latest())!
    expect(await verdictOn(older)).toMatchObject({ ok: true })
    expect(await verdictOn(older, [note])).toMatchObject({ ok: false, problem: { kind: 'removed', seq: 561, exact: true } })
  })
})

/** @returns how many of them were named exactly */
async function forgeMany(forger: Forger, count: number, against: readonly (readonly string[])[]): Promise<number> {
  const random = randomFrom(count)
  let exact = 0
  for (let n = 0; n < count; n++) {
    const forged = forge(lines, forgeries[n % forgeries.length]!, forger, random)
    const { ok, problem } = await verdictOn(forged.lines, against)
    expect(ok, `${n} ${forged.kind} ${forged.seq}`).toBe(false)
    if (!problem!.exact) continue
    expect(problem, `${n}`).toMatchObject({ kind: forged.kind, seq: forged.seq })
    exact++
  }
  return exact
}

describe('of tampering at random', () => {
  it('each is found, and the first event and the kind named', async () => {
    expect(await forgeMany('lines', 25, [])).toBe(25)
  })

  it('each is found, though the list of leaves was made to fit', async () => {
    await forgeMany('list', 10, [])
  })

  it('each is named, though the list was made to fit, by whoever kept a copy', async () => {
    expect(await forgeMany('list', 10, [lines])).toBe(10)
  })
})

describe('a proof', () => {
  it('tells of one event that it is in the ledger', async () => {
    const proof = await log.prove('é42')
    expect(verifyProof(proof, { keys })).toMatchObject({ ok: true, message: expect.stringContaining('event 43 "é42"') as string })
    const other = await log.prove('é41')
    expect(verifyProof({ ...proof, recorded: other.recorded }, { keys })).toMatchObject({ ok: false })
    await expect(log.prove('nowhere')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
  })

  it('tells that one checkpoint goes on from another', async () => {
    const { older: first, newer: second, path: steps } = await log.consistency(300, 600)
    const [a, b] = [readCheckpoint(first)!, readCheckpoint(second)!]
    const hashes = steps.map((step) => Buffer.from(step, 'base64'))
    expect(verifyConsistency(a.size, a.root, b.size, b.root, hashes)).toBe(true)
    expect(verifyConsistency(a.size, b.root, b.size, b.root, hashes)).toBe(false)
    await expect(log.consistency(299, 600)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })
})

describe('whoever has the database', () => {
  const forced = (statement: string) =>
    `begin; alter table event disable trigger user; ${statement}; alter table event enable trigger user; commit`

  it('cannot edit a checkpoint', async () => {
    await expect(test.ledger.pool.query('delete from ledger_checkpoint')).rejects.toThrow('never edited')
  })

  it.each([
    ['changed', `update event set body = replace(body, '"é99"', '"é98"') where seq = 100`, 100],
    [
      'changed',
      `update event set body = replace(body, 'grams', 'Grams'), digest = sha256(convert_to(replace(body, 'grams', 'Grams'), 'UTF8')) where seq = 202`,
      202,
    ],
    ['back-dated', `update event set recorded_at = recorded_at - interval '3 ms' where seq = 300`, 300],
    ['removed', 'delete from event where seq = 450', 450],
  ])('leaves a trace: %s', async (kind, statement, seq) => {
    const { ledger } = test
    const held = await ledger.pool.query('select * from event where seq = $1', [seq])
    await ledger.pool.query(forced(statement))
    try {
      expect(await verdictOn(await exported())).toMatchObject({ ok: false, problem: { kind, seq, exact: true } })
    } finally {
      const [row] = held.rows as [Record<string, unknown>]
      await ledger.pool.query(forced(`delete from event where seq = ${seq}`))
      const names = Object.keys(row)
      await ledger.pool.query(
        `insert into event (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
        Object.values(row),
      )
    }
    expect(await verdictOn(await exported())).toMatchObject({ ok: true })
  })
})

describe('a new key', () => {
  it('is followed by whoever trusts the one before it', async () => {
    ring = await rotateKey(folder, clock.instant())
    await add(600, 3)
    const after = await exported()
    expect(await verdictOn(after)).toMatchObject({ ok: true, events: 603 })
    const header = after[0]!.replace(/"handover":\{.*?\]\},?/, '').replace(',}', '}')
    expect(JSON.parse(header)).toBeTypeOf('object')
    // Without the old key's word the new one is nobody's.
    expect(await verdictOn(after.with(0, header))).toMatchObject({ ok: false })
    expect(readKey((await log.keys())[1]!.vkey).keyid).toBe(ring.signer.keyid)
  })
})
