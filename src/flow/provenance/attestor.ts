import path from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import { canonicalJson, digestOf, sha256, type Digest } from '../../kernel/digest.ts'
import type { NewId } from '../../kernel/ids.ts'
import { seal, unseal } from '../../kernel/signing/dsse.ts'
import type { PublicKey, Signer } from '../../kernel/signing/keys.ts'
import { event, type CloudEvent, type ContentOf } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { candidates } from '../candidate/projection.ts'
import { attestationMade } from './events.ts'
import { disagreement, policy, policyUri } from './policy.ts'
import { attestations } from './projection.ts'
import { makeReadBack } from './read-back.ts'
import { sbomOf, type LockFile } from './sbom.ts'
import { payloadType, provenanceOf, summaryOf, testResultOf, type Made, type Statement, type Tested } from './statements.ts'
import { statementsIn } from './tables.ts'

export type AttestorOptions = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly newId: NewId
  /** Names this installation. */
  readonly homeId: string
  readonly version: string
  /** Folder of checkouts and artifacts. */
  readonly work: string
  readonly signer: () => Signer
  readonly trusted: (place: Pick<Ledger, 'db'>) => Promise<readonly PublicKey[]>
}

/** A delivery, as far as statements speak of it. */
export type About = { readonly run: string; readonly stream: string }
type Told = Omit<ContentOf<typeof attestationMade>, 'statement' | 'keyid' | 'stream' | 'run'>

/** Whether a candidate's provenance holds. */
export type Judgement = { readonly holds: true } | { readonly refused: string } | { readonly reading: true }

export type Attestor = ReturnType<typeof makeAttestor>

/** Says what was done with a candidate, signed, and checks what was said. Everything inside a transaction touches nothing else. */
export function makeAttestor(options: AttestorOptions) {
  const { ledger, clock, newId, homeId, version, signer, trusted } = options
  const readBack = makeReadBack(path.join(options.work, 'artifacts'))
  const builder = `urn:threeways:server:${homeId}`

  async function keep(
    tx: LedgerTransaction,
    candidate: string,
    { run, stream }: About,
    body: string,
    told: Told,
    keyid?: string,
  ): Promise<CloudEvent> {
    const statement = sha256(body)
    await statementsIn(tx)
      .insertInto('statement')
      .values({ digest: statement, body })
      .onConflict((c) => c.doNothing())
      .execute()
    const envelope = { id: newId(), time: clock.instant(), source: '/threeways/pipeline', subject: candidate, chainId: run }
    return event(attestationMade, envelope, { ...told, stream, run, statement, ...(keyid === undefined ? {} : { keyid }) })
  }

  function sign(tx: LedgerTransaction, candidate: string, about: About, statement: Statement, told: Told): Promise<CloudEvent> {
    const by = signer()
    return keep(tx, candidate, about, canonicalJson(seal(payloadType, canonicalJson(statement), by)), told, by.keyid)
  }

  return {
    /** How a candidate was built and what is in it. */
    async built(
      tx: LedgerTransaction,
      about: About,
      building: {
        readonly made: Made
        readonly startedOn: string
        readonly build: readonly (readonly string[])[]
        readonly pack: readonly string[]
        readonly reproducible: boolean
        readonly committedAt: string
        readonly locks: readonly LockFile[]
        /** On which it was built; undefined: on this server. */
        readonly worker: string | undefined
      },
    ): Promise<readonly CloudEvent[]> {
      const { made, committedAt, locks, worker, ...how } = building
      const sbom = sbomOf({ stream: about.stream, commit: made.commit, committedAt, version }, locks)
      const by = worker === undefined ? { builder } : { builder: workerUri(worker), orchestrator: builder }
      const statement = provenanceOf({ ...how, ...about, ...by, made, finishedOn: clock.instant(), version, sbom: sha256(sbom.text) })
      return [
        await keep(tx, made.digest, about, sbom.text, { kind: 'sbom' }),
        await sign(tx, made.digest, about, statement, { kind: 'provenance' }),
      ]
    },

    /** How a check of a candidate ended. */
    async tested(
      tx: LedgerTransaction,
      about: About,
      candidate: string,
      { worker, ...tested }: Omit<Tested, 'made' | 'run' | 'by'> & { readonly worker: string | undefined },
    ): Promise<readonly CloudEvent[]> {
      const made = await madeOf(tx, candidate)
      if (!made) return []
      const { check, stage, passed } = tested
      const told: Told = { kind: 'test-result', check, stage, result: passed ? 'PASSED' : 'FAILED' }
      return [
        await sign(
          tx,
          candidate,
          about,
          testResultOf({ ...tested, made, run: about.run, by: worker === undefined ? builder : workerUri(worker) }),
          told,
        ),
      ]
    },

    /** That a candidate was let into a stage, and what was looked at before. */
    async letIn(tx: LedgerTransaction, about: About, candidate: string, stage: string): Promise<readonly CloudEvent[]> {
      const made = await madeOf(tx, candidate)
      if (!made) return []
      const proof = await latestProvenance(tx, candidate)
      if (proof === undefined) return []
      const of = { uri: policyUri, digest: digestOf(policy) }
      const statement = summaryOf({
        made,
        stream: about.stream,
        stage,
        verifier: builder,
        at: clock.instant(),
        policy: of,
        inputs: [proof],
      })
      return [await sign(tx, candidate, about, statement, { kind: 'verification-summary', stage, result: 'PASSED' })]
    },

    /**
     * Whether what is known of a candidate is what was signed: the envelope, what it says beside what the ledger says, the files on
     * this machine's disk. Whatever cannot be decided is a refusal.
     * @param old - one that was made before candidates were attested may pass on its files alone
     */
    async judge(tx: LedgerTransaction, candidate: string, old: boolean): Promise<Judgement> {
      const made = await madeOf(tx, candidate)
      if (!made) return { refused: 'the ledger does not know this candidate' }
      const found = readBack.found(made.artifact)
      if (found === undefined) return { reading: true }
      if (typeof found === 'object')
        return {
          refused: `the files of its artifact were changed on disk: they are ${found.changed.slice(0, 19)} now, not ${made.artifact.slice(0, 19)}`,
        }
      const digest = await latestProvenance(tx, candidate)
      if (digest === undefined) return old ? { holds: true } : { refused: 'nobody has said how it was built' }
      const kept = await statementsIn(tx).selectFrom('statement').select('body').where('digest', '=', digest).executeTakeFirst()
      const wrong = faultOf(kept?.body, digest, await trusted(tx), made)
      return wrong === undefined ? { holds: true } : { refused: `its provenance ${digest.slice(0, 19)} does not hold: ${wrong}` }
    },

    /** Reads artifacts back, so that the next judgement knows of them. */
    read: (artifact: string): Promise<void> => readBack.read(artifact as Digest),

    /** The same, by candidate. One that the ledger does not know is judged without. */
    async readOf(candidate: string): Promise<void> {
      const made = await madeOf(ledger, candidate)
      if (made) await readBack.read(made.artifact)
    },

    /** Whose signatures count. */
    trusts: () => trusted(ledger),

    /** What was said of a candidate, with the envelopes, oldest first. */
    async said(candidate: string) {
      const rows = await rowsOf(ledger.db, attestations)
        .select(['statement', 'kind', 'stream', 'run', 'keyid', 'stage', 'check', 'result', 'madeAt'])
        .where('candidate', '=', candidate)
        .orderBy('madeAt')
        .execute()
      if (rows.length === 0) return []
      const kept = await statementsIn(ledger)
        .selectFrom('statement')
        .selectAll()
        .where(
          'digest',
          'in',
          rows.map(({ statement }) => statement),
        )
        .execute()
      const bodies = new Map(kept.map(({ digest, body }) => [digest, body]))
      return rows.map((row) => ({ ...row, body: bodies.get(row.statement) ?? null }))
    },
  }
}

/** A build is as trustworthy as the machine it ran on, so a worker is a builder of its own. */
const workerUri = (worker: string) => `urn:threeways:worker:${encodeURIComponent(worker)}`

async function madeOf(tx: Pick<Ledger, 'db'>, candidate: string): Promise<Made | undefined> {
  const row = await rowsOf(tx.db, candidates)
    .select(['commit', 'artifact', 'environment', 'tools', 'lockFiles'])
    .where('digest', '=', candidate)
    .executeTakeFirst()
  if (!row?.commit || !row.artifact || !row.environment) return undefined
  return {
    digest: candidate as Digest,
    commit: row.commit,
    artifact: row.artifact as Digest,
    environment: row.environment as Digest,
    tools: (row.tools ?? {}) as Made['tools'],
    lockFiles: (row.lockFiles ?? {}) as Made['lockFiles'],
  }
}

/** Of several, for one that was built again, the last one counts. */
async function latestProvenance(tx: LedgerTransaction, candidate: string): Promise<string | undefined> {
  const rows = rowsOf(tx.db, attestations).select('statement').where('candidate', '=', candidate).where('kind', '=', 'provenance')
  return (await rows.orderBy('madeAt', 'desc').limit(1).executeTakeFirst())?.statement
}

/** What is wrong with a kept envelope. @param digest - under which the ledger knows it */
export function faultOf(body: string | undefined, digest: string, keys: readonly PublicKey[], made: Made): string | undefined {
  if (body === undefined) return 'it is on the ledger, and gone from where it was kept'
  if (sha256(body) !== digest) return 'it was changed where it was kept'
  const opened = unseal(parsed(body), keys)
  if ('refused' in opened) return opened.refused
  if (opened.payloadType !== payloadType) return `it is "${opened.payloadType}", no in-toto statement`
  return disagreement(parsed(opened.payload.toString()), made)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
