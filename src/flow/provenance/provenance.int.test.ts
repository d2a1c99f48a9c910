import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../kernel/digest.ts'
import { unseal } from '../../kernel/signing/dsse.ts'
import { publicKeyFrom } from '../../kernel/signing/keys.ts'
import type { LedgerStore } from '../../ledger/store/store.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { RunView } from '../pipeline/schemas.ts'

type Said = { kind: string; statement: string; stage: string | null; result: string | null; envelope: object }
type Statement = { predicateType: string; subject: { name: string; digest: { sha256: string } }[]; predicate: Record<string, unknown> }

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: { '': { dependencies: { left: '1' } }, 'node_modules/left': { version: '1.2.3' } },
})
const definition = JSON.stringify({
  name: 'shop',
  services: { web: { 'x-run': { command: ['sleep', '600'] } } },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app'] },
    environments: { lab: {} },
    checks: { quick: { run: ['true'] } },
    pipeline: {
      stages: [
        { name: 'dev', checks: ['quick'] },
        { name: 'production', after: ['dev'], auto: false },
      ],
    },
  },
})

let t: TestThreeways
beforeEach(async () => {
  t = await openTestThreeways()
  await t.author.write({ 'threeways.yaml': definition, app: 'the app', 'package-lock.json': lock })
  await t.author.commit('Sell things')
})
afterEach(() => t.close())

/** Delivered up to the person that production waits for. */
async function waiting(): Promise<RunView> {
  return t.until((await t.deliver()).id, ({ steps }) => steps.some(({ waiting }) => waiting?.kind === 'approval'))
}
const saidOf = async ({ candidate }: RunView) =>
  ((await t.ask('GET', `/api/candidates/${candidate}/attestations`)).body as { attestations: Said[] }).attestations
const promote = async ({ id }: RunView) => {
  await t.ask('POST', `/api/runs/${id}/stages/production/promote`, { reason: 'it is fine' })
  return t.ended(id)
}
const database = () => (t.threeways.ledger as LedgerStore).pool

async function opened({ envelope }: Said): Promise<Statement> {
  const { keys } = (await t.ask('GET', '/api/ledger/keys')).body as { keys: { publicKey: string }[] }
  const content = unseal(
    envelope,
    keys.map(({ publicKey }) => publicKeyFrom(publicKey)),
  )
  if ('refused' in content) throw new Error(content.refused)
  return JSON.parse(content.payload.toString()) as Statement
}

describe('what is signed about a candidate', () => {
  it('says how it was built, what is in it, how checks ended and where it was let in', async () => {
    const run = await waiting()
    const said = await saidOf(run)
    expect(said.map(({ kind, stage, result }) => [kind, stage, result])).toEqual([
      ['provenance', null, null],
      ['verification-summary', 'dev', 'PASSED'],
      ['test-result', 'dev', 'PASSED'],
    ])
    const [provenance, summary, tests] = await Promise.all(said.map(opened))
    expect(provenance!.predicateType).toBe('https://slsa.dev/provenance/v1')
    const { body } = await t.ask('GET', `/api/candidates/${run.candidate}/sbom`)
    expect(body).toMatchObject({
      specVersion: '1.6',
      components: [{ name: 'left', version: '1.2.3', purl: 'pkg:npm/left@1.2.3', scope: 'required' }],
      compositions: [{ aggregate: 'complete' }],
    })
    const hex = (text: string) => sha256(text).slice('sha256:'.length)
    expect(provenance!.predicate).toMatchObject({
      buildDefinition: {
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: run.commit } },
          { name: 'environment', uri: 'urn:threeways:environment', digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
          { name: 'package-lock.json', digest: { sha256: hex(lock) } },
        ],
      },
      runDetails: {
        metadata: { invocationId: `urn:threeways:run:${run.id}` },
        byproducts: [{ digest: { sha256: hex(JSON.stringify(body)) } }],
      },
    })
    expect(summary!.predicate).toMatchObject({
      resourceUri: 'urn:threeways:stage:shop/dev',
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
      inputAttestations: [{ digest: { sha256: said[0]!.statement.slice('sha256:'.length) } }],
    })
    expect(tests!.predicate).toMatchObject({ result: 'PASSED', passedTests: ['quick'], failedTests: [] })
    expect(summary!.subject).toEqual(provenance!.subject)
    expect(await promote(run)).toMatchObject({ state: 'succeeded' })
  })
})

describe('a candidate is refused', () => {
  it('when its files were changed on disk', async () => {
    const run = await waiting()
    const { rows } = await database().query<{ folder: string }>('select folder from build')
    const file = path.join(rows[0]!.folder, 'app')
    await chmod(file, 0o644)
    await writeFile(file, 'another app')
    // What was read a moment ago is believed for so long.
    await sleep(1_100)
    const ended = await promote(run)
    expect(ended.state).toBe('cancelled')
    expect(ended.message).toMatch(/^refused: the files of its artifact were changed on disk/)
  })

  it.each([
    ['was changed where it is kept', `update statement set body = replace(body, 'payload', 'Payload')`, 'it was changed where it was kept'],
    ['is gone', 'delete from statement', 'it is on the ledger, and gone from where it was kept'],
  ])('when its provenance %s', async (_, statement, why) => {
    const run = await waiting()
    await database().query(statement)
    expect(await promote(run)).toMatchObject({ state: 'cancelled', message: expect.stringContaining(`does not hold: ${why}`) as string })
  })
})

describe('a candidate whose files nobody knows any more', () => {
  it('waits for people as before, and keeps no server busy or from closing', async () => {
    const run = await waiting()
    await database().query('delete from build')
    await t.restart()
    await t.threeways.engine.look()
    const again = await t.until(run.id, ({ steps }) => steps.some(({ waiting }) => waiting?.kind === 'approval'))
    expect(again.steps.map(({ waiting }) => waiting?.kind)).not.toContain('provenance')
    expect(await promote(run)).toMatchObject({ state: 'succeeded' })
  })
})
