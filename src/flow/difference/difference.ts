import { notFound, ThreewaysError } from '../../kernel/errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { candidates, type CandidateRow } from '../candidate/projection.ts'
import type { Repository } from '../candidate/repository.port.ts'
import { candidateCard } from '../candidate/views.ts'
import type { Definition, Stage } from '../definition/definition.ts'
import { valuesIn } from '../definition/parity.ts'
import { deployments } from '../deployment/projection.ts'
import type { EnvironmentProvider } from '../environment/provider.port.ts'
import { tables } from '../pipeline/tables.ts'
import { compareValues } from './compare.ts'
import { packagesBetween } from './lock-file-changes.ts'
import type { ReadPackages } from './packages.port.ts'
import type { Difference, Patch } from './schemas.ts'

export type Differing = {
  readonly ledger: Pick<Ledger, 'db'>
  readonly provider: Pick<EnvironmentProvider, 'observe' | 'render' | 'databases'>
  openRepository(folder: string): Promise<Repository>
  readonly readPackages: ReadPackages
}

/** A candidate with what it was delivered from. */
type Known = { readonly row: CandidateRow; readonly repository: string; readonly definition: Definition }
type Pair = { readonly to: Known; readonly stage: Stage | undefined; readonly from: Known | undefined }

/**
 * What promoting a candidate would change. What cannot be compared (the repository is gone, a commit is not in it) is said so in
 * `unknown`, and the rest is compared.
 * @param named - the digest of a candidate, or the name of a commit, or the beginning of either
 * @param against - a stage (`production` is also the last one, whatever its name), or another candidate
 * @throws ThreewaysError `CANDIDATE_NOT_FOUND`
 */
export async function differenceOf(differing: Differing, named: string, against: string): Promise<Difference> {
  const { to, stage, from } = await pairOf(differing, named, against)
  const candidate = candidateCard(to.row)
  const migrations = await migrationsFor(differing, to, stage, from)
  const nothing = { candidate, against: null, code: null, config: null, environment: null, packages: null, migrations, unknown: [] }
  if (from === undefined) return nothing
  const unknown: string[] = []
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ThreewaysError)) throw error
      unknown.push(`${what}: ${error.message}`)
      return null
    }
  }
  const repository = await attempt('the repository', () => differing.openRepository(to.repository))
  const [a, b] = [from.row.commit!, to.row.commit!]
  return {
    candidate,
    against: { stage: stage?.name ?? null, card: candidateCard(from.row) },
    code: repository && (await attempt('code', () => repository.compare(a, b))),
    config: configOf(differing, from, to, stage),
    environment: environmentOf(from.row, to.row),
    packages: repository && (await attempt('packages', () => packagesBetween(differing.readPackages, repository, from.row, to.row))),
    migrations,
    unknown,
  }
}

/** The text of one file's change. @throws ThreewaysError `CANDIDATE_NOT_FOUND`, `NOTHING_TO_COMPARE` */
export async function patchOf(differing: Differing, named: string, against: string, path: string, previous?: string): Promise<Patch> {
  const { to, from } = await pairOf(differing, named, against)
  if (from === undefined)
    throw notFound('NOTHING_TO_COMPARE', { message: `nothing runs in "${against}" yet: there is nothing to compare with` })
  const repository = await differing.openRepository(to.repository)
  return repository.patch(from.row.commit!, to.row.commit!, path, previous)
}

async function pairOf(differing: Differing, named: string, against: string): Promise<Pair> {
  const { ledger } = differing
  const to = await known(ledger, await findCandidate(ledger, named))
  const { stages } = to.definition
  const last = stages.findLast(({ name, environment }) => environment !== undefined && !stages.some(({ after }) => after.includes(name)))
  const stage = stages.find(({ name }) => name === against) ?? (against === 'production' ? last : undefined)
  if (stage === undefined) return { to, stage, from: await known(ledger, await findCandidate(ledger, against)) }
  const there = await runningIn(differing, to.row.stream!, stage)
  const row =
    there === undefined ? undefined : await rowsOf(ledger.db, candidates).selectAll().where('digest', '=', there).executeTakeFirst()
  return { to, stage, from: row && (await known(ledger, row)) }
}

/** As read back; where nothing can be read back here, as the ledger has it. */
async function runningIn({ ledger, provider }: Differing, stream: string, { environment, ephemeral }: Stage): Promise<string | undefined> {
  if (environment === undefined || ephemeral) return undefined
  const { traffic } = await provider.observe(`${stream}/${environment}`)
  if (traffic !== undefined) return traffic
  const row = await rowsOf(ledger.db, deployments)
    .select('candidate')
    .where('environment', '=', `${stream}/${environment}`)
    .where('candidate', 'is not', null)
    .orderBy('since', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.candidate ?? undefined
}

/** By digest, commit, or as many of the first hex digits as tell it apart; of a commit built twice the newest candidate. */
async function findCandidate({ db }: Pick<Ledger, 'db'>, named: string): Promise<CandidateRow> {
  const hex = named.replace(/^sha256:/, '').toLowerCase()
  const rows = /^[0-9a-f]{6,64}$/.test(hex)
    ? await rowsOf(db, candidates)
        .selectAll()
        .where((is) => is.or([is('digest', 'like', `sha256:${hex}%`), ...(named.includes(':') ? [] : [is('commit', 'like', `${hex}%`)])]))
        .orderBy('builtAt', 'desc')
        .limit(10)
        .execute()
    : []
  const [first, another] = rows
  if (first !== undefined && (another === undefined || rows.every(({ commit }) => commit === first.commit))) return first
  throw notFound('CANDIDATE_NOT_FOUND', {
    message: first === undefined ? `there is no candidate "${named}"` : `several candidates begin with "${named}"`,
    help: 'give the digest of a candidate or the name of a commit that was delivered, or more of their first digits; `threeways status` shows them',
  })
}

async function known(ledger: Pick<Ledger, 'db'>, row: CandidateRow): Promise<Known> {
  const from = (table: 'build' | 'run') =>
    tables(ledger).selectFrom(table).select(['repository', 'definition']).where('candidate', '=', row.digest).limit(1).executeTakeFirst()
  const found = (await from('build')) ?? (await from('run'))
  if (found) return { row, ...found }
  throw notFound('CANDIDATE_NOT_FOUND', {
    message: `candidate ${row.digest} is known from elsewhere: what it was delivered from is not here`,
    help: 'deliver its commit here',
  })
}

/** What the databases of the stage do not remember; where they cannot be asked here, what the candidate there did not bring. */
async function migrationsFor(
  { ledger, provider }: Differing,
  to: Known,
  stage: Stage | undefined,
  from: Known | undefined,
): Promise<Difference['migrations']> {
  const broughtBy = async (digest: string) => {
    const row = await tables(ledger).selectFrom('build').select('migrations').where('candidate', '=', digest).executeTakeFirst()
    return row && (row.migrations ?? [])
  }
  const brought = await broughtBy(to.row.digest)
  if (brought === undefined) return null
  const there = (from && (await broughtBy(from.row.digest))) ?? []
  const id = stage?.environment === undefined || stage.ephemeral ? undefined : (`${to.row.stream!}/${stage.environment}` as const)
  const done = new Set<string>()
  for (const resource of new Set(brought.map((one) => one.resource))) {
    const history = id && (await provider.databases?.history(id, resource))
    for (const { name } of history ?? there.filter((one) => one.resource === resource)) done.add(`${resource} ${name}`)
  }
  return brought
    .filter(({ resource, name }) => !done.has(`${resource} ${name}`))
    .map(({ resource, name, kind }) => ({ resource, name, kind }))
}

function configOf({ provider }: Differing, from: Known, to: Known, stage: Stage | undefined): Difference['config'] {
  const settings = stage?.environment ?? null
  const values = ({ definition }: Known) => {
    const { environments, ...rest } = definition
    // By name: a stage that moved in the list is still itself.
    const stages = Object.fromEntries(definition.stages.map((each) => [each.name, each]))
    if (settings === null || !Object.hasOwn(environments, settings)) return valuesIn({ ...definition, stages })
    const { services, resources } = provider.render(definition, settings).definition
    // What it sets for services and resources stands there already.
    const { environment: _variables, seed: _seeds, ...own } = environments[settings]!
    return valuesIn({ ...rest, stages, services, resources, environment: own })
  }
  return { settings, ...compareValues(values(from), values(to)) }
}

function environmentOf(from: CandidateRow, to: CandidateRow): Difference['environment'] {
  const values = (record: unknown) => new Map(Object.entries((record ?? {}) as Record<string, string>))
  return {
    same: from.environment === to.environment,
    tools: compareValues(values(from.tools), values(to.tools)).changes,
    lockFiles: compareValues(values(from.lockFiles), values(to.lockFiles)).changes,
  }
}
