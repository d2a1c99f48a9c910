import { sql } from 'kysely'
import { countOf, positionOf, type Buckets } from '../../kernel/statistics/quantile-sketch.ts'
import { noMoments } from '../../kernel/statistics/moments.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import type { Sums } from './sums.ts'

type Place = Pick<LedgerTransaction, 'db'>

/** Whom to count. */
export type Counting = {
  readonly flag: string
  readonly environment: string
  readonly since: string
  /** Nothing after it. */
  readonly until: string
}

/**
 * A quantile of each arm, from what applications told in buckets, from the day of exposure on: as `quantileSums`, but worked out in the
 * database. First where the quantile of each arm lies, then how many values of each unit lie at or below it.
 */
export async function bucketSums(
  { db }: Place,
  { flag, environment, since, until }: Counting,
  metric: string,
  share: number,
): Promise<readonly (readonly [arm: string, sums: Sums])[]> {
  // Looked up unit by unit, by the primary keys, as all other metrics are.
  const chosen = sql`projection.exposed_unit chosen`
  const isCounted = sql`chosen.environment = ${environment} and chosen.flag = ${flag} and chosen.at >= ${since} and chosen.at <= ${until} and chosen.variant = chosen.latest`
  const isOfUnit = sql`did.environment = ${environment} and did.metric = ${metric} and did.unit = chosen.unit and did.day >= substr(chosen.at, 1, 10) and did.day <= ${until.slice(0, 10)}`

  // In one statement, that is of one moment: a report that comes between two would look like values without buckets.
  const { rows } = await sql<{ variant: string; bucket: string | null; count: string }>`
    select chosen.variant, did.bucket, sum(did.count) as count
    from ${chosen} cross join lateral (
      select bucket, count from projection.unit_bucket did where ${isOfUnit}
      union all select null, count from projection.unit_metric did where ${isOfUnit}
    ) did
    where ${isCounted} group by 1, 2 order by 1, 2`.execute(db)
  const bucketsOf = (variant: string): Buckets =>
    rows.flatMap((row) => (row.variant === variant && row.bucket !== null ? [[Number(row.bucket), Number(row.count)] as const] : []))
  const arms = rows
    .filter(({ bucket }) => bucket === null)
    .map(({ variant, count }) => {
      const buckets = bucketsOf(variant)
      return { variant, buckets, position: positionOf(buckets, share), unbucketed: Number(count) - countOf(buckets) }
    })

  const positions = arms.flatMap(({ variant, position }) => (position === undefined ? [] : [{ variant, ...position }]))
  const units = await sql<{ variant: string; units: string; means: number[]; products: number[] }>`
    select variant, count(*) as units, array[avg(n), avg(below)] as means,
      array[covar_pop(n, n), covar_pop(n, below), covar_pop(below, below)] as products
    from (
      select chosen.variant, did.n, did.below
      from jsonb_to_recordset(${JSON.stringify(positions)}::jsonb) as arm(variant text, bucket int, part float8)
        join ${chosen} on chosen.variant = arm.variant
        cross join lateral (
          select sum(count)::float8 as n,
            sum(count * case when did.bucket::int < arm.bucket then 1 when did.bucket::int = arm.bucket then arm.part else 0 end)::float8 as below
          from projection.unit_bucket did where ${isOfUnit}
        ) did
      where ${isCounted} and did.n > 0
    ) unit group by 1`.execute(db)
  const moments = new Map(
    units.rows.map(({ variant, units, means, products }) => {
      const count = Number(units)
      return [variant, { count, means, products: products.map((product) => product * count) }] as const
    }),
  )
  return arms.map(
    ({ variant, buckets, unbucketed }) =>
      [variant, { moments: moments.get(variant) ?? noMoments(2), capped: 0, buckets, unbucketed }] as const,
  )
}
