import { sql } from 'kysely'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import type { ArmState } from './comparison.ts'
import { variablesOf, type Metric } from './metric.ts'
import { bucketSums } from './bucket-counts.ts'
import type { Sums } from './sums.ts'

type Place = Pick<LedgerTransaction, 'db'>

/** Whom and what to count. */
export type Counted = {
  readonly flag: string
  readonly environment: string
  /** Instant: units exposed before do not count. */
  readonly since: string
  /** Instant: neither do units exposed after it, nor what was done on later days. */
  readonly until?: string | undefined
  readonly arms: readonly string[]
  readonly metrics: readonly Metric[]
  readonly per: Readonly<Record<string, string>>
}

/** Days before exposure from which CUPED explains. */
export const daysBefore = 28

/**
 * What units of each arm did, from the day of their exposure on. Who saw several arms counts in none. Worked out in the database: of a
 * million units only sums come here.
 */
export async function countsOf(
  { db }: Place,
  asked: Counted,
): Promise<{ readonly arms: Readonly<Record<string, ArmState>>; readonly crossed: number }> {
  const found = await sql<{ variant: string; crossed: boolean; units: string }>`
    select variant, variant <> latest as crossed, count(*) as units from projection.exposed_unit
    where environment = ${asked.environment} and flag = ${asked.flag} and at >= ${asked.since} and at <= ${untilOf(asked)} group by 1, 2`.execute(
    db,
  )
  const units = new Map(found.rows.filter(({ crossed }) => !crossed).map((row) => [row.variant, Number(row.units)]))
  const sums: Record<string, Record<string, Sums>> = Object.fromEntries(asked.arms.map((arm) => [arm, {}]))
  for (const metric of asked.metrics)
    for (const [arm, known] of await sumsOf({ db }, asked, metric)) if (Object.hasOwn(sums, arm)) sums[arm]![metric.key] = known
  return {
    arms: Object.fromEntries(asked.arms.map((arm) => [arm, { units: units.get(arm) ?? 0, sums: sums[arm]! }])),
    crossed: found.rows.filter(({ crossed }) => crossed).reduce((sum, row) => sum + Number(row.units), 0),
  }
}

/** Later than any instant, where nothing ends. */
export const untilOf = ({ until }: Pick<Counted, 'until'>): string => until ?? '9999-12-31T23:59:59.999Z'

/** Units by arm, without who saw several. */
export async function unitsByArm(
  { db }: Place,
  { flag, environment, since, arms }: Pick<Counted, 'flag' | 'environment' | 'since' | 'arms'>,
): Promise<readonly number[]> {
  const { rows } = await sql<{ variant: string; units: string }>`
    select variant, count(*) as units from projection.exposed_unit
    where environment = ${environment} and flag = ${flag} and at >= ${since} and variant = latest group by 1`.execute(db)
  return arms.map((arm) => Number(rows.find(({ variant }) => variant === arm)?.units ?? 0))
}

/** How many units were exposed, whatever they saw. */
export async function unitsSince(
  { db }: Place,
  { flag, environment, since }: Pick<Counted, 'flag' | 'environment' | 'since'>,
): Promise<number> {
  const { rows } = await sql<{ units: string }>`
    select count(*) as units from projection.exposed_unit where environment = ${environment} and flag = ${flag} and at >= ${since}`.execute(
    db,
  )
  return Number(rows[0]!.units)
}

async function sumsOf({ db }: Place, asked: Counted, metric: Metric): Promise<readonly (readonly [arm: string, sums: Sums])[]> {
  const { kind } = metric
  if (kind.type === 'quantile') return bucketSums({ db }, { ...asked, until: untilOf(asked) }, metric.key, kind.share)
  const variables = variablesOf(metric)
  const per = asked.per[metric.key]
  const value = kind.type === 'binary' ? sql`(case when n > 0 then 1 else 0 end)` : kind.type === 'count' ? sql`n` : sql`m`
  const before =
    kind.type === 'binary' ? sql`(case when n_before > 0 then 1 else 0 end)` : kind.type === 'count' ? sql`n_before` : sql`m_before`
  const cap = kind.type === 'revenue' ? kind.cap : null
  const columns: Readonly<Record<(typeof variables)[number], ReturnType<typeof sql>>> = {
    value: cap === null ? value : sql`least(${value}, ${cap}::float8)`,
    per: per === undefined ? sql`n` : sql`m_per`,
    before: cap === null ? before : sql`least(${before}, ${cap}::float8)`,
    perBefore: per === undefined ? sql`n_before` : sql`m_per_before`,
  }
  const pairs = variables.flatMap((one, index) => variables.slice(index).map((other) => [one, other] as const))
  const means = sql.join(variables.map((name) => sql`avg((${columns[name]})::float8)`))
  const products = sql.join(pairs.map(([one, other]) => sql`covar_pop((${columns[one]})::float8, (${columns[other]})::float8) * count(*)`))
  const names = [metric.key, ...(per === undefined ? [] : [per])]
  const day = sql`substr(chosen.at, 1, 10)`
  const sumOf = (what: 'count' | 'millionths', name: string, when: '>=' | '<') =>
    sql`coalesce(sum(${sql.ref(what)}) filter (where did.day ${sql.raw(when)} ${day} and metric = ${name}), 0)::float8`
  // Of ratios whoever did nothing is not there; of all others nothing is a zero. Looked up unit by unit, by the primary key: a planner
  // that knows nothing of fresh tables would hold every unit against every other.
  const { rows } = await sql<{ variant: string; units: string; capped: string; means: number[]; products: number[] }>`
    with valued as (
      select chosen.variant, did.* from projection.exposed_unit chosen cross join lateral (
        select count(*) as rows, ${sumOf('count', metric.key, '>=')} as n, ${sumOf('millionths', metric.key, '>=')} / 1e6 as m,
          ${sumOf('millionths', per ?? '', '>=')} / 1e6 as m_per, ${sumOf('count', metric.key, '<')} as n_before,
          ${sumOf('millionths', metric.key, '<')} / 1e6 as m_before, ${sumOf('millionths', per ?? '', '<')} / 1e6 as m_per_before
        from projection.unit_metric did
        where did.environment = ${asked.environment} and did.metric = any(${names}) and did.unit = chosen.unit
          and did.day >= to_char(${day}::date - ${daysBefore}::int, 'YYYY-MM-DD') and did.day <= ${untilOf(asked).slice(0, 10)}
      ) did
      where chosen.environment = ${asked.environment} and chosen.flag = ${asked.flag} and chosen.at >= ${asked.since} and chosen.at <= ${untilOf(asked)}
        and chosen.variant = chosen.latest
        and (did.rows > 0 or ${kind.type !== 'ratio'})
    )
    select variant, count(*) as units, count(*) filter (where ${cap === null ? sql`false` : sql`${value} > ${cap}::float8`}) as capped,
      array[${means}] as means, array[${products}] as products
    from valued group by 1`.execute(db)
  return rows.map(
    (row) =>
      [
        row.variant,
        { moments: { count: Number(row.units), means: row.means, products: row.products }, capped: Number(row.capped) },
      ] as const,
  )
}
