import { canonicalJson, sha256, type Digest } from '../../kernel/digest.ts'
import { unseal } from '../../kernel/signing/dsse.ts'
import type { PublicKey } from '../../kernel/signing/keys.ts'
import { candidateDigest } from '../candidate/environment-digest.ts'
import {
  buildType,
  environmentUri,
  payloadType,
  provenanceType,
  statementType,
  summaryType,
  testResultType,
  type Provenance,
  type Resource,
  type Statement,
} from './statements.ts'

/** All that was signed about a candidate, in one file that can be checked far away from the server. */
export type Bundle = {
  readonly threeways: 'provenance'
  readonly version: 1
  readonly candidate: string
  readonly attestations: readonly Attested[]
  /** CycloneDX, to the byte as it was digested; null: none was made. */
  readonly sbom: string | null
}
export type Attested = {
  readonly kind: string
  /** Digest of the envelope's canonical text: the ledger names it so. */
  readonly statement: string
  readonly stage: string | null
  readonly check: string | null
  readonly result: string | null
  readonly madeAt: string | null
  readonly envelope: object | null
}

/** One thing that was looked at: it holds, or why it does not. */
export type Finding = { readonly what: string; readonly wrong?: string; readonly keyid?: string }
export type Verdict = {
  readonly holds: boolean
  readonly candidate: string
  readonly artifact: string | undefined
  readonly findings: readonly Finding[]
}

/** @returns undefined: it is no bundle */
export function bundleIn(value: unknown): Bundle | undefined {
  const { threeways, version, candidate, attestations, sbom } = (value ?? {}) as Record<string, unknown>
  const fits =
    threeways === 'provenance' &&
    version === 1 &&
    typeof candidate === 'string' &&
    Array.isArray(attestations) &&
    attestations.every((one: unknown) => typeof one === 'object' && one !== null) &&
    (sbom === null || typeof sbom === 'string')
  return fits ? (value as Bundle) : undefined
}

const types: Readonly<Record<string, string>> = {
  provenance: provenanceType,
  'test-result': testResultType,
  'verification-summary': summaryType,
}

/**
 * Checks everything in a bundle and names what does not hold. Whatever is missing to decide does not hold. Pure.
 * @param keys - that are trusted; a bundle cannot vouch for itself
 * @param artifact - digest of the files at hand; undefined: none are
 */
export function verifyBundle(bundle: Bundle, keys: readonly PublicKey[], artifact?: Digest): Verdict {
  const opened = bundle.attestations.map((attested) => ({ attested, ...open(attested, keys) }))
  const newest = opened.findLast(({ attested }) => attested.kind === 'provenance')
  const provenance = newest?.wrong === undefined ? (newest?.said as Statement<Partial<Provenance>> | undefined) : undefined
  const named = digestIn(provenance?.subject, 'artifact')
  const findings: Finding[] = opened.map(({ attested, wrong, said, keyid }) => {
    const fault = wrong ?? unlike(said!, bundle.candidate, named)
    return { what: nameOf(attested), ...(fault === undefined ? {} : { wrong: fault }), ...(keyid === undefined ? {} : { keyid }) }
  })
  if (newest === undefined) findings.push({ what: 'the provenance', wrong: 'it is missing: nobody has said how the candidate was built' })
  if (provenance !== undefined)
    findings.push({ what: 'the name of the candidate', ...given(unnamed(provenance, bundle.candidate)) }, sbomFinding(bundle, provenance))
  if (artifact !== undefined) {
    const wrong =
      named === undefined
        ? 'nothing that holds says what they should be'
        : named === artifact
          ? undefined
          : `they are ${short(artifact)}, and ${short(named)} was built`
    findings.push({ what: 'the files of the artifact', ...given(wrong) })
  }
  return { holds: findings.every(({ wrong }) => wrong === undefined), candidate: bundle.candidate, artifact: named, findings }
}

const given = (wrong: string | undefined) => (wrong === undefined ? {} : { wrong })
const short = (digest: string) => digest.replace('sha256:', '').slice(0, 12)

function nameOf({ kind, check, stage }: Attested): string {
  if (kind === 'test-result') return `the result of ${check ?? 'a check'}${stage === null ? '' : ` in ${stage}`}`
  if (kind === 'verification-summary') return `the summary for ${stage ?? 'a stage'}`
  return kind === 'provenance' ? 'the provenance' : `"${kind}"`
}

type Opened = { readonly wrong?: string; readonly said?: Statement<Record<string, unknown>>; readonly keyid?: string }

function open(attested: Attested, keys: readonly PublicKey[]): Opened {
  const { kind, envelope, statement } = attested
  if (envelope === null || typeof envelope !== 'object') return { wrong: 'its envelope is gone' }
  const content = unseal(envelope, keys)
  if ('refused' in content) return { wrong: content.refused }
  const { keyid } = content
  if (content.payloadType !== payloadType) return { keyid, wrong: `it is "${content.payloadType}", no in-toto statement` }
  if (sha256(canonicalJson(envelope)) !== statement) return { keyid, wrong: 'its envelope is another one than the ledger names' }
  const said = parsed(content.payload.toString()) as Statement<Record<string, unknown>> | undefined
  if (said?._type !== statementType || said.predicateType !== types[kind])
    return { keyid, wrong: `it says something else than a ${kind} does` }
  const fault = mislabelled(attested, said.predicate)
  return fault === undefined ? { said, keyid } : { keyid, wrong: fault }
}

/** Whether what stands beside an envelope is what is in it. */
function mislabelled({ kind, stage, check, result }: Attested, predicate: Readonly<Record<string, unknown>>): string | undefined {
  if (kind === 'provenance') return undefined
  const told = predicate[kind === 'test-result' ? 'result' : 'verificationResult']
  if (told !== result) return `it was signed as ${String(told)}, not ${String(result)}`
  if (kind === 'verification-summary')
    return String(predicate['resourceUri']).endsWith(`/${encodeURIComponent(stage ?? '')}`) ? undefined : 'it was signed for another stage'
  const [first] = Array.isArray(predicate['configuration']) ? (predicate['configuration'] as readonly Resource[]) : []
  return first?.name === check && first?.annotations?.['stage'] === stage ? undefined : 'it was signed for another check or stage'
}

/** In what a statement is about something else. */
function unlike({ subject }: Statement, candidate: string, artifact: string | undefined): string | undefined {
  const about = digestIn(subject, 'candidate')
  if (about !== candidate) return `it is about another candidate, ${about === undefined ? 'none' : short(about)}`
  const files = digestIn(subject, 'artifact')
  return artifact !== undefined && files !== artifact
    ? `it names another artifact, ${files === undefined ? 'none' : short(files)}`
    : undefined
}

/** A candidate's name is the digest of its parts: none of them can be another one. */
function unnamed({ predicate, subject }: Statement<Partial<Provenance>>, candidate: string): string | undefined {
  const definition = predicate.buildDefinition
  if (definition?.buildType !== buildType) return `its provenance tells of another kind of build, "${String(definition?.buildType)}"`
  const dependencies: readonly Resource[] = Array.isArray(definition.resolvedDependencies) ? definition.resolvedDependencies : []
  const commit = dependencies.find(({ name }) => name === 'source')?.digest?.['gitCommit']
  const environment = dependencies.find(({ uri }) => uri === environmentUri)?.digest?.['sha256']
  const artifact = digestIn(subject, 'artifact')
  if (commit === undefined || environment === undefined || artifact === undefined)
    return 'its provenance does not name commit, artifact and environment'
  const is = candidateDigest({ commit, artifact: artifact as Digest, environment: `sha256:${environment}` })
  return is === candidate ? undefined : `commit, artifact and environment make ${short(is)}`
}

function sbomFinding({ sbom }: Bundle, { predicate }: Statement<Partial<Provenance>>): Finding {
  const what = 'the bill of materials'
  const byproducts: readonly Resource[] = predicate.runDetails?.byproducts ?? []
  const named = byproducts.find(({ name }) => name === 'sbom.cdx.json')?.digest?.['sha256']
  if (named === undefined) return { what, ...given(sbom === null ? undefined : 'the provenance names none') }
  if (sbom === null) return { what, wrong: 'it is missing' }
  const is = sha256(sbom)
  return is === `sha256:${named}` ? { what } : { what, wrong: `it is ${short(is)}, and ${short(named)} was signed` }
}

function digestIn(subject: Statement['subject'] | undefined, name: string): string | undefined {
  const hex = Array.isArray(subject) ? subject.find((one) => one?.name === name)?.digest?.['sha256'] : undefined
  return typeof hex === 'string' ? `sha256:${hex}` : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
