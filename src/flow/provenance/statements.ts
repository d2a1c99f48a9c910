/** What is attested, as in-toto Statement v1 has it (in-toto.io/Statement/v1). Pure. */
import type { Digest } from '../../kernel/digest.ts'
import type { Candidate } from '../candidate/build.ts'

export const statementType = 'https://in-toto.io/Statement/v1'
/** DSSE payload type of in-toto statements. */
export const payloadType = 'application/vnd.in-toto+json'
export const provenanceType = 'https://slsa.dev/provenance/v1'
export const testResultType = 'https://in-toto.io/attestation/test-result/v0.1'
export const summaryType = 'https://slsa.dev/verification_summary/v1'
/** What the parameters of our provenance mean; docs/proof.md describes it. */
export const buildType = 'urn:threeways:build:definition:v1'
export const environmentUri = 'urn:threeways:environment'

/** What a candidate is: its parts and its name. */
export type Made = Pick<Candidate, 'digest' | 'commit' | 'artifact' | 'environment' | 'tools' | 'lockFiles'>

type DigestSet = Readonly<Record<string, string>>
export type Resource = {
  readonly name?: string
  readonly uri?: string
  readonly digest?: DigestSet
  readonly annotations?: Readonly<Record<string, unknown>>
}
export type Statement<Predicate = unknown> = {
  readonly _type: typeof statementType
  readonly subject: readonly { readonly name: string; readonly digest: DigestSet }[]
  readonly predicateType: string
  readonly predicate: Predicate
}
export type Provenance = {
  readonly buildDefinition: {
    readonly buildType: string
    readonly externalParameters: Readonly<Record<string, unknown>>
    readonly internalParameters: Readonly<Record<string, unknown>>
    readonly resolvedDependencies: readonly Resource[]
  }
  readonly runDetails: {
    readonly builder: {
      readonly id: string
      readonly version: Readonly<Record<string, string>>
      readonly builderDependencies?: readonly Resource[]
    }
    readonly metadata: { readonly invocationId: string; readonly startedOn: string; readonly finishedOn: string }
    readonly byproducts: readonly Resource[]
  }
}

const sha256Of = (digest: string): DigestSet => ({ sha256: digest.slice('sha256:'.length) })
const gitOf = (commit: string): DigestSet => ({ gitCommit: commit })

/** What every statement about a candidate is about: its name, and the files that run. */
export function subjectOf({ digest, artifact }: Pick<Made, 'digest' | 'artifact'>): Statement['subject'] {
  return [
    { name: 'candidate', digest: sha256Of(digest) },
    { name: 'artifact', digest: sha256Of(artifact) },
  ]
}

export type Building = {
  readonly made: Made
  readonly stream: string
  readonly run: string
  readonly startedOn: string
  readonly finishedOn: string
  /** Names the installation or the worker that built it. */
  readonly builder: string
  /** The installation that gave the build to a worker, and speaks for it. */
  readonly orchestrator?: string
  readonly version: string
  readonly build: readonly (readonly string[])[]
  readonly pack: readonly string[]
  readonly reproducible: boolean
  readonly sbom: Digest
}

/** SLSA provenance v1. The folder of the repository is not named: it means nothing on another machine. */
export function provenanceOf(building: Building): Statement<Provenance> {
  const { made, stream, run, startedOn, finishedOn, builder, orchestrator, version, build, pack, reproducible, sbom } = building
  return {
    _type: statementType,
    subject: subjectOf(made),
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { stream, commit: made.commit, definition: 'threeways.yaml', build, pack },
        internalParameters: { reproducible: reproducible ? 'verified' : 'unchecked' },
        resolvedDependencies: [
          { name: 'source', uri: `urn:threeways:stream:${encodeURIComponent(stream)}`, digest: gitOf(made.commit) },
          { name: 'environment', uri: environmentUri, digest: sha256Of(made.environment) },
          ...Object.entries(made.lockFiles).map(([name, digest]) => ({ name, digest: sha256Of(digest) })),
          // Of a tool only what it says of itself is known.
          ...Object.entries(made.tools).map(([name, told]) => ({
            name,
            uri: `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(told)}`,
          })),
        ],
      },
      runDetails: {
        builder: {
          id: builder,
          version: { threeways: version },
          ...(orchestrator === undefined ? {} : { builderDependencies: [{ name: 'server', uri: orchestrator }] }),
        },
        metadata: { invocationId: `urn:threeways:run:${run}`, startedOn, finishedOn },
        byproducts: [{ name: 'sbom.cdx.json', digest: sha256Of(sbom) }],
      },
    },
  }
}

export type Tested = {
  readonly made: Pick<Made, 'digest' | 'artifact' | 'environment'>
  readonly check: string
  readonly stage: string
  readonly run: string
  readonly command: readonly string[]
  readonly passed: boolean
  /** Names the installation or the worker that ran it. */
  readonly by: string
  readonly tests?: {
    readonly total: number
    readonly failed: number
    readonly skipped: number
    readonly failures: readonly { readonly name: string }[]
  }
}

/** in-toto test-result v0.1. A check without a report has one test: itself. */
export function testResultOf({ made, check, stage, run, command, passed, by, tests }: Tested): Statement {
  const failed = tests ? tests.failures.map(({ name }) => name) : passed ? [] : [check]
  return {
    _type: statementType,
    subject: subjectOf(made),
    predicateType: testResultType,
    predicate: {
      result: passed ? 'PASSED' : 'FAILED',
      configuration: [{ name: check, uri: environmentUri, digest: sha256Of(made.environment), annotations: { command, stage, by } }],
      url: `urn:threeways:run:${run}`,
      // Of a report only the failures are kept by name; the figures tell of the rest.
      ...(tests ? {} : { passedTests: passed ? [check] : [] }),
      failedTests: failed,
      ...(tests ? { 'urn:threeways:tests': { total: tests.total, failed: tests.failed, skipped: tests.skipped } } : {}),
    },
  }
}

export type Summary = {
  readonly made: Pick<Made, 'digest' | 'artifact'>
  readonly stream: string
  readonly stage: string
  readonly verifier: string
  readonly at: string
  readonly policy: { readonly uri: string; readonly digest: Digest }
  /** Digests of the envelopes that were looked at. */
  readonly inputs: readonly string[]
}

/** SLSA verification summary v1: what was checked when a candidate was let into a stage. */
export function summaryOf({ made, stream, stage, verifier, at, policy, inputs }: Summary): Statement {
  return {
    _type: statementType,
    subject: subjectOf(made),
    predicateType: summaryType,
    predicate: {
      verifier: { id: verifier },
      timeVerified: at,
      resourceUri: `urn:threeways:stage:${encodeURIComponent(stream)}/${encodeURIComponent(stage)}`,
      policy: { uri: policy.uri, digest: sha256Of(policy.digest) },
      inputAttestations: inputs.map((digest) => ({ uri: `urn:threeways:attestation:${digest}`, digest: sha256Of(digest) })),
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
      slsaVersion: '1.1',
    },
  }
}
