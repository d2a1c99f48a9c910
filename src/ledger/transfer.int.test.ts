import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../kernel/clock.ts'
import { cake, kitchen, meal } from './store/kitchen.fixture.ts'
import { verifyProjections } from './rebuild.ts'
import { openTestLedger, type TestLedger } from './testing.ts'
import { exportLedger, importLedger } from './transfer.ts'

let from: TestLedger
let into: TestLedger
beforeEach(async () => {
  const clock = manualClock(Date.UTC(2026, 1, 3))
  from = await openTestLedger({ ...kitchen, clock })
  into = await openTestLedger(kitchen)
  for (let n = 0; n < 1200; n += 100) {
    clock.forward(1)
    await from.ledger.append(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? cake({ id: `é${n + i}`, grams: i }) : meal({ id: `é${n + i}` }))),
    )
  }
})
afterEach(() => Promise.all([from.close(), into.close()]))

async function exported(test: TestLedger): Promise<string> {
  let text = ''
  for await (const chunk of exportLedger(test.ledger)) text += chunk
  return text
}

/** The text as a file comes: in pieces that end anywhere, also inside a character. */
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
}
const importing = (text: string) => importLedger(into.ledger, pieces(text), 'backup.jsonl')

describe('an exported ledger', () => {
  it('is imported into an empty one that is then the same, to the byte and the time of arrival', async () => {
    const file = await exported(from)
    expect(file.split('\n')[0]).toBe('{"threeways":"ledger","format":1}')
    expect(await importing(file)).toEqual({ lines: 1201, recorded: 1200, duplicates: 0 })
    expect(await exported(into)).toBe(file)
    expect(await verifyProjections(into.ledger)).toEqual([])
  })

  it('changes nothing when it is imported again, and goes on where a cut off import ended', async () => {
    const file = await exported(from)
    const cut = file.slice(0, file.length / 2)
    await expect(importing(cut)).rejects.toMatchObject({
      code: 'IMPORT_TRUNCATED',
      message: expect.stringMatching(/^backup\.jsonl:\d+: /) as string,
    })
    const half = await into.ledger.head()
    expect(half).toBeGreaterThan(400)
    expect(await importing(file)).toEqual({ lines: 1201, recorded: 1200 - half, duplicates: half })
    expect(await importing(file)).toEqual({ lines: 1201, recorded: 0, duplicates: 1200 })
    expect(await exported(into)).toBe(file)
  })

  it('is empty but for its header when the ledger is', async () => {
    expect(await exported(into)).toBe('{"threeways":"ledger","format":1}\n')
  })
})

describe('a file that cannot be imported', () => {
  it.each([
    ['is empty', '', 'IMPORT_INVALID', 'backup.jsonl:1: the file is empty'],
    ['is something else', 'name,age\n', 'IMPORT_INVALID', 'backup.jsonl:1: the line is not JSON: "name,age"'],
    ['has no header', '{"seq":1}\n', 'IMPORT_INVALID', 'backup.jsonl:1: the file does not begin as an exported ledger does'],
    [
      'is of a newer version',
      '{"threeways":"ledger","format":3}\n',
      'IMPORT_TOO_NEW',
      'backup.jsonl was exported by a newer version of threeways (format 3, this one reads 2)',
    ],
    ['has no line ends', 'x'.repeat(5_000_000), 'IMPORT_INVALID', 'backup.jsonl:1: the line is longer than 4194304 characters'],
  ])('%s', async (_, text, code, message) => {
    await expect(importing(text)).rejects.toMatchObject({ code, message })
  })

  it('says at which line and where in it a fault is, and keeps what came before', async () => {
    const lines = (await exported(from)).split('\n')
    lines[600] = lines[600]!.replace(/"grams":\d+/, '"grams":"heavy"').replace(/"by":"ada"/, '"by":17')
    await expect(importing(lines.join('\n'))).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
      message: expect.stringContaining('backup.jsonl:601: event ') as string,
      faults: [{ file: 'backup.jsonl', line: 601, path: expect.stringMatching(/^\/event\/data\/subject\/content\//) as string }],
    })
    expect(await into.ledger.head()).toBe(599)
  })

  it('names another event by an id that is taken', async () => {
    await into.ledger.append([meal({ id: 'é700', by: 'somebody else' })])
    await expect(importing(await exported(from))).rejects.toMatchObject({
      code: 'EVENT_ID_REUSED',
      message: expect.stringContaining('backup.jsonl:702: ') as string,
    })
    expect(await into.ledger.head()).toBe(701)
  })

  it('is not UTF-8', async () => {
    const bad = (async function* () {
      yield Buffer.from([0x7b, 0xff, 0x0a])
    })()
    await expect(importLedger(into.ledger, bad, 'backup.jsonl')).rejects.toMatchObject({
      message: expect.stringContaining('backup.jsonl:1: the file is not UTF-8') as string,
    })
  })
})
