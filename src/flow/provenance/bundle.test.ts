import { describe, expect, it } from 'vitest'
import { canonicalJson, sha256, type Digest } from '../../kernel/digest.ts'
import { seal } from '../../kernel/signing/dsse.ts'
import { makeKey } from '../../kernel/signing/keys.ts'
import { candidateDigest } from '../candidate/environment-digest.ts'
import { bundleIn, verifyBundle, type Attested, type Bundle } from './bundle.ts'
import { payloadType, provenanceOf, testResultOf, type Statement } from './statements.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest
const { signer } = makeKey()
const parts = { commit: 'c'.repeat(40), artifact: digest('a'), environment: digest('e') }
const made = { ...parts, digest: candidateDigest(parts), tools: {}, lockFiles: {} }
const sbom = '{"components":[]}'
const at = '2026-11-26T12:00:00.000Z'

function attested(statement: Statement, more: Pick<Attested, 'kind'> & Partial<Attested>, by = signer): Attested {
  const envelope = seal(payloadType, canonicalJson(statement), by)
  return { stage: null, check: null, result: null, madeAt: at, statement: sha256(canonicalJson(envelope)), envelope, ...more }
}
const provenance = provenanceOf({
  made,
  stream: 'shop',
  run: 'run',
  startedOn: at,
  finishedOn: at,
  builder: 'urn:threeways:server:home',
  version: '1',
  build: [['true']],
  pack: ['app'],
  reproducible: false,
  sbom: sha256(sbom),
})
const tested = (passed: boolean) =>
  testResultOf({ made, run: 'run', by: 'urn:threeways:server:home', check: 'unit', stage: 'test', passed, command: ['true'] })
const whole: Bundle = {
  threeways: 'provenance',
  version: 1,
  candidate: made.digest,
  attestations: [
    attested(provenance, { kind: 'provenance' }),
    attested(tested(true), { kind: 'test-result', check: 'unit', stage: 'test', result: 'PASSED' }),
  ],
  sbom,
}
const wrongIn = (bundle: Bundle, keys = [signer], artifact?: Digest) =>
  verifyBundle(bundle, keys, artifact).findings.flatMap(({ what, wrong }) => (wrong === undefined ? [] : [`${what}: ${wrong}`]))
const first = (change: (one: Attested) => Attested): Bundle => ({
  ...whole,
  attestations: whole.attestations.map((one, index) => (index === 0 ? change(one) : one)),
})

describe('a bundle that is checked far away', () => {
  it('holds as it was signed, with the files that were built', () => {
    expect(wrongIn(whole, [signer], made.artifact)).toEqual([])
    expect(verifyBundle(whole, [signer])).toMatchObject({ holds: true, artifact: made.artifact })
    expect(bundleIn(JSON.parse(JSON.stringify(whole)))).toEqual(whole)
    for (const other of [null, 7, {}, { ...whole, version: 2 }, { ...whole, attestations: [null] }]) expect(bundleIn(other)).toBeUndefined()
  })

  it.each<[string, Bundle, RegExp]>([
    ['another bill of materials', { ...whole, sbom: '{"components":[1]}' }, /^the bill of materials: it is .* was signed$/],
    ['no bill of materials', { ...whole, sbom: null }, /^the bill of materials: it is missing$/],
    ['the provenance left out', { ...whole, attestations: whole.attestations.slice(1) }, /^the provenance: it is missing/],
    ['an envelope left out', first((one) => ({ ...one, envelope: null })), /^the provenance: its envelope is gone$/],
    [
      'a payload changed',
      first((one) => ({
        ...one,
        envelope: { ...one.envelope, payload: Buffer.from(canonicalJson(provenance).replace('shop', 'bank')).toString('base64') },
      })),
      /^the provenance: its signature does not fit/,
    ],
    [
      'a failed check told as passed',
      {
        ...whole,
        attestations: [
          whole.attestations[0]!,
          attested(tested(false), { kind: 'test-result', check: 'unit', stage: 'test', result: 'PASSED' }),
        ],
      },
      /^the result of unit in test: it was signed as FAILED, not PASSED$/,
    ],
    [
      'a check told as one of another stage',
      { ...whole, attestations: [whole.attestations[0]!, { ...whole.attestations[1]!, stage: 'production' }] },
      /^the result of unit in production: it was signed for another check or stage$/,
    ],
    ['the name of another candidate', { ...whole, candidate: digest('f') }, /^the provenance: it is about another candidate/],
    [
      'a statement of another kind',
      first((one) => ({ ...one, kind: 'verification-summary' })),
      /^the summary for a stage: it says something else/,
    ],
    [
      'signed again by somebody',
      first(() => attested(provenance, { kind: 'provenance' }, makeKey().signer)),
      /^the provenance: no key that is trusted here/,
    ],
    [
      'another digest for an envelope',
      first((one) => ({ ...one, statement: digest('0') })),
      /^the provenance: its envelope is another one/,
    ],
  ])('does not hold with %s, and says so', (_what, bundle, said) => {
    expect(wrongIn(bundle)[0]).toMatch(said)
  })

  it('does not hold for other files, for other parts under its name, nor without a trusted key', () => {
    expect(wrongIn(whole, [signer], digest('b'))).toEqual(['the files of the artifact: they are bbbbbbbbbbbb, and aaaaaaaaaaaa was built'])
    const forged = provenanceOf({
      made: { ...made, environment: digest('9') },
      stream: 'shop',
      run: 'run',
      startedOn: at,
      finishedOn: at,
      builder: 'x',
      version: '1',
      build: [],
      pack: [],
      reproducible: false,
      sbom: sha256(sbom),
    })
    expect(wrongIn(first(() => attested(forged, { kind: 'provenance' })))).toEqual([
      expect.stringMatching(/^the name of the candidate: commit, artifact and environment make/),
    ])
    expect(wrongIn(whole, [])).toHaveLength(2)
  })
})
