import { sql } from 'kysely'
import type { Cell } from '../../kernel/statistics/interaction.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import type { Metric } from './metric.ts'
import { questionOf, questionsOf, type Running, type Shared } from './overlap.ts'

type Place = Pick<LedgerTransaction, 'db'>

/** Since when units of a running experiment count: an instant. */
export type Since = Running & { readonly since: string }

/** Units of a pair that are looked up, each for each metric: some seconds. Of more than that only every nth unit is looked at. */
const lookedUpMax = 250_000

/**
 * Who is in two experiments at once, and what they did from the day on which they were: of all pairs in one environment. Units are taken
 * one by one with all that they are in, for a join of units against units is what a planner that knows nothing of fresh tables gets wrong.
 * @param running - all of one environment
 * @returns `every`: of every so-many-th unit, drawn by its name
 */
export async function sharedCounts(
  { db }: Place,
  running: readonly Since[],
): Promise<{ readonly pairs: readonly Shared[]; readonly every: number }> {
  const pairs = running.flatMap((a, at) => running.slice(at + 1).flatMap((b) => (a.flag === b.flag ? [] : [[a, b] as const])))
  if (pairs.length === 0) return { pairs: [], every: 1 }
  const metrics = new Map(pairs.flatMap(questionsOf).map((metric) => [questionOf(metric), metric]))
  const known = [...metrics.values()].filter(({ kind: { type } }) => type === 'binary' || type === 'count' || type === 'revenue')
  const indexed = running.map(({ flag, since, arms }, exp) => ({ exp, flag, since, arms }))
  const members = sql`
    select r.exp, chosen.unit, chosen.variant, substr(chosen.at, 1, 10) as day
    from jsonb_to_recordset(${JSON.stringify(indexed)}::jsonb) as r(exp int, flag text, since text, arms text[])
    join projection.exposed_unit chosen on chosen.environment = ${running[0]!.environment} and chosen.flag = r.flag and chosen.at >= r.since
      and chosen.variant = chosen.latest and chosen.variant = any(r.arms)`
  const sizes = await sql<{ exp: number; units: string }>`select exp, count(*) as units from (${members}) m group by 1`.execute(db)
  const sizeOf = new Map(sizes.rows.map(({ exp, units }) => [running[exp]!, Number(units)]))
  const most = pairs.reduce((sum, [a, b]) => sum + Math.min(sizeOf.get(a) ?? 0, sizeOf.get(b) ?? 0), 0)
  const every = Math.max(1, Math.ceil((most * Math.max(1, known.length)) / lookedUpMax))

  const shared = pairs.map((pair) => ({ pair, counts: tableOf(pair, 0), cells: {} as Record<string, Cell[][]> }))
  const found = new Map(shared.map((one) => [one.pair.map((each) => running.indexOf(each)).join(), one]))
  const fill = async (
    metric: Metric | undefined,
    take: (one: (typeof shared)[number], row: Joint, arms: readonly [number, number]) => void,
  ) => {
    for (const row of await jointRows({ db }, members, every, running[0]!.environment, metric)) {
      const one = found.get(`${row.a},${row.b}`)
      if (one !== undefined) take(one, row, [running[row.a]!.arms.indexOf(row.armA), running[row.b]!.arms.indexOf(row.armB)])
    }
  }
  await fill(undefined, ({ counts }, { units }, [a, b]) => (counts[a]![b] = Number(units)))
  for (const metric of known) {
    const question = questionOf(metric)
    for (const one of shared) one.cells[question] = tableOf(one.pair, { count: 0, mean: 0, variance: 0 })
    await fill(metric, ({ cells }, { units, mean, variance }, [a, b]) => {
      cells[question]![a]![b] = { count: Number(units), mean: mean ?? 0, variance: variance ?? 0 }
    })
  }
  return { pairs: shared, every }
}

const tableOf = <T>([a, b]: Shared['pair'], cell: T): T[][] => a.arms.map(() => b.arms.map(() => cell))

type Joint = {
  readonly a: number
  readonly b: number
  readonly armA: string
  readonly armB: string
  readonly units: string
  readonly mean: number | null
  readonly variance: number | null
}

/** What a unit did is one number; whoever did nothing did 0. */
function valueOf({ kind }: Metric): ReturnType<typeof sql> {
  if (kind.type === 'binary') return sql`(case when sum(did.count) > 0 then 1 else 0 end)::float8`
  if (kind.type === 'revenue') return sql`least(coalesce(sum(did.millionths), 0)::float8 / 1e6, ${kind.cap}::float8)`
  return sql`coalesce(sum(did.count), 0)::float8`
}

/** @param metric - undefined: only how many there are */
async function jointRows(
  { db }: Place,
  members: ReturnType<typeof sql>,
  every: number,
  environment: string,
  metric: Metric | undefined,
): Promise<readonly Joint[]> {
  const does =
    metric === undefined
      ? sql`(select null::float8 as value)`
      : sql`(
        select ${valueOf(metric)} as value from projection.unit_metric did
        where did.environment = ${environment} and did.metric = ${metric.key} and did.unit = unit.unit and did.day >= greatest(a.day, b.day)
      )`
  const { rows } = await sql<Joint>`
    with unit as (
      select unit, array_agg(exp) as exps, array_agg(variant) as variants, array_agg(day) as days
      from (${members}) m where ${every}::bigint = 1 or mod(abs(hashtext(unit)::bigint), ${every}::bigint) = 0
      group by 1 having count(*) > 1
    )
    select a.exp as a, b.exp as b, a.variant as "armA", b.variant as "armB", count(*) as units, avg(does.value) as mean, var_samp(does.value) as variance
    from unit
      cross join lateral unnest(unit.exps, unit.variants, unit.days) as a(exp, variant, day)
      cross join lateral unnest(unit.exps, unit.variants, unit.days) as b(exp, variant, day)
      cross join lateral ${does} does
    where a.exp < b.exp
    group by 1, 2, 3, 4`.execute(db)
  return rows
}
