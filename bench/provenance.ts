/**
 * What checking a candidate's provenance costs, all that was signed about it: signatures, what they say, the bill of materials.
 *
 *     node bench/provenance.ts [statements] [components] [candidates]
 */
import { canonicalJson, sha256, type Digest } from '../src/kernel/digest.ts'
import { seal } from '../src/kernel/signing/dsse.ts'
import { makeKey } from '../src/kernel/signing/keys.ts'
import { candidateDigest } from '../src/flow/candidate/environment-digest.ts'
import { verifyBundle, type Attested, type Bundle } from '../src/flow/provenance/bundle.ts'
import { payloadType, provenanceOf, summaryOf, type Statement } from '../src/flow/provenance/statements.ts'
import { percentile } from './ledger/percentile.ts'

const [statements = 20, components = 1500, candidates = 200] = process.argv.slice(2).map(Number)
const goalMs = 20
const { signer } = makeKey()
const at = new Date().toISOString()

function attested(statement: Statement, kind: string, stage: string | null, result: string | null): Attested {
  const envelope = seal(payloadType, canonicalJson(statement), signer)
  return { kind, stage, check: null, result, madeAt: at, statement: sha256(canonicalJson(envelope)), envelope }
}

function bundle(n: number): Bundle {
  const parts = { commit: sha256(`commit ${n}`).slice(7, 47), artifact: sha256(`artifact ${n}`), environment: sha256('environment') }
  const made = { ...parts, digest: candidateDigest(parts), tools: { node: '24' }, lockFiles: { 'package-lock.json': sha256(`lock ${n}`) } }
  const purls = Array.from({ length: components }, (_, index) => ({
    type: 'library',
    name: `part-${index}`,
    purl: `pkg:npm/part-${index}@1.${n}.0`,
  }))
  const sbom = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components: purls })
  const how = { stream: 'shop', run: `run-${n}`, startedOn: at, finishedOn: at, builder: 'urn:threeways:server:bench', version: '1' }
  const built = provenanceOf({ ...how, made, build: [['npm', 'ci']], pack: ['dist'], reproducible: true, sbom: sha256(sbom) })
  const summary = (stage: string) =>
    summaryOf({
      made,
      stream: 'shop',
      stage,
      verifier: how.builder,
      at,
      policy: { uri: 'urn:policy', digest: sha256('policy') as Digest },
      inputs: [sha256('input')],
    })
  const summaries = Array.from({ length: statements }, (_, index) =>
    attested(summary(`stage-${index}`), 'verification-summary', `stage-${index}`, 'PASSED'),
  )
  return {
    threeways: 'provenance',
    version: 1,
    candidate: made.digest,
    attestations: [attested(built, 'provenance', null, null), ...summaries],
    sbom,
  }
}

const times = Array.from({ length: candidates }, (_, n) => {
  const one = bundle(n)
  const began = performance.now()
  const { holds, findings } = verifyBundle(one, [signer], sha256(`artifact ${n}`))
  const took = performance.now() - began
  if (!holds) throw new Error(`what was signed does not hold: ${JSON.stringify(findings)}`)
  return took
})
const figures = [50, 99].map((rank) => `p${rank} ${percentile(times, rank).toFixed(2)} ms`).join(', ')
console.log(`a candidate with ${statements + 1} statements and ${components} components: ${figures}; goal p50 ≤ ${goalMs} ms`)
if (percentile(times, 50) > goalMs) process.exitCode = 1
