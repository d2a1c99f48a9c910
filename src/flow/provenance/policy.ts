import {
  buildType,
  environmentUri,
  provenanceType,
  statementType,
  type Made,
  type Provenance,
  type Resource,
  type Statement,
} from './statements.ts'

/** What a candidate's provenance must say before it is let into a stage. Its text is what summaries point to. */
export const policyUri = 'urn:threeways:policy:provenance:v1'
export const policy = {
  signature: 'of a key of this installation or of a server on the same ledger',
  subject: 'the digests of the candidate and of its artifact',
  buildType,
  resolvedDependencies: 'the commit, the digest of the environment, and every lock file the ledger names',
  artifact: 'the files on disk have the digest',
} as const

/** Where a statement and the ledger disagree about a candidate; undefined: nowhere. Pure. */
export function disagreement(
  statement: unknown,
  made: Pick<Made, 'digest' | 'commit' | 'artifact' | 'environment' | 'lockFiles'>,
): string | undefined {
  const { _type, subject, predicateType, predicate } = (statement ?? {}) as Partial<Statement<Partial<Provenance>>>
  if (_type !== statementType || predicateType !== provenanceType) return 'it is no SLSA provenance'
  const subjects: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    listed(subject).map(({ name, digest }) => [name ?? '', digest?.['sha256']]),
  )
  if (subjects['candidate'] !== hex(made.digest)) return `it is about another candidate, ${subjects['candidate']?.slice(0, 12) ?? 'none'}`
  if (subjects['artifact'] !== hex(made.artifact)) return `it names another artifact, ${subjects['artifact']?.slice(0, 12) ?? 'none'}`
  const definition = predicate?.buildDefinition
  if (definition?.buildType !== buildType) return `it tells of another kind of build, "${String(definition?.buildType)}"`
  const dependencies = listed(definition.resolvedDependencies)
  const has = (algorithm: string, digest: string, fits: (resource: Resource) => boolean) =>
    dependencies.some((resource) => fits(resource) && resource.digest?.[algorithm] === digest)
  if (!has('gitCommit', made.commit, ({ name }) => name === 'source')) return `it names another commit than ${made.commit.slice(0, 8)}`
  if (!has('sha256', hex(made.environment), ({ uri }) => uri === environmentUri)) return 'it names another environment'
  const missing = Object.entries(made.lockFiles).find(([file, digest]) => !has('sha256', hex(digest), ({ name }) => name === file))
  return missing === undefined ? undefined : `it names another ${missing[0]}`
}

const hex = (digest: string) => digest.slice('sha256:'.length)
const listed = (value: unknown): readonly Resource[] => (Array.isArray(value) ? (value as readonly Resource[]) : [])
