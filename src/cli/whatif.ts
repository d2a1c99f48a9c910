import type { PredictionRow } from '../flow/whatif/prediction/schemas.ts'
import type { Value, WhatIfSweep, WhatIfView } from '../flow/whatif/schemas.ts'
import { formatDuration } from '../kernel/duration.ts'
import { invalid } from '../kernel/errors.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { predictionsTold } from './predictions.ts'
import { momentOf } from './moment.ts'
import type { Output } from './output.ts'

export type WhatIfFlags = {
  readonly json: boolean
  readonly csv: boolean
  readonly sweep: boolean
  readonly keep: boolean
  readonly since?: string
  readonly days?: number
  readonly asOf?: string
  readonly to?: string
}

/** What a change would do to a stream, or what each of its stages would. */
export async function whatIf(this: CliContext, flags: ConnectFlags & WhatIfFlags, stream: string, change?: string): Promise<void> {
  if ((change === undefined) !== flags.sweep)
    throw invalid('CHANGE_MISSING', {
      message: 'say one change, or --sweep for each stage and gate',
      help: 'for example `threeways whatif shop "gate production open"`',
    })
  if ((flags.keep && flags.sweep) || (flags.since !== undefined && !flags.keep))
    throw invalid('FLAGS_INVALID', {
      message: flags.sweep ? '--keep keeps one change, and not a sweep' : '--since says when a change is made that is kept',
      help: 'for example `threeways whatif shop "gate production open" --keep --since 2025-03-01`',
    })
  const query = new URLSearchParams({
    ...(change === undefined ? {} : { change }),
    ...(flags.days === undefined ? {} : { days: String(flags.days) }),
    ...(flags.asOf === undefined ? {} : { asOf: momentOf(flags.asOf, '--as-of') }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
  })
  const path = `${flags.sweep ? at`/api/whatif/${stream}/sweep` : at`/api/whatif/${stream}`}?${query}`
  const { output } = this
  await withApi(this, flags, async (api) => {
    if (flags.keep) {
      const { days, since, to, asOf } = flags
      const row = await api.send<PredictionRow>('POST', at`/api/whatif/${stream}`, {
        change,
        ...(days === undefined ? {} : { days }),
        ...(to === undefined ? {} : { to }),
        ...(asOf === undefined ? {} : { asOf: momentOf(asOf, '--as-of') }),
        ...(since === undefined ? {} : { since: momentOf(since, '--since') }),
      })
      if (flags.json) output.json(row)
      else {
        const held = row.score?.held ?? []
        const inside = held.filter((one) => one.inside).length
        const share = held.length === 0 ? null : inside / held.length
        output.result(predictionsTold({ rows: [row], coverage: { figures: held.length, inside, share } }, output))
      }
      return
    }
    if (flags.csv) return output.passOn(await api.table(path))
    const answer = await api.get<WhatIfView | WhatIfSweep>(path)
    if (flags.json) output.json(answer)
    else output.result('rows' in answer ? swept(answer, output) : describe(answer, output))
  })
}

function describe(view: WhatIfView, { colour, table }: Output): string {
  const { stream, change, order, asOf, days, sentences, base, changed, difference, queue } = view
  const row = (name: string, key: 'p50' | 'p85' | 'withinDay' | 'perWeek', told: (value: number | null) => string) => [
    `  ${name}`,
    told(base![key].value),
    colour.bold(told(changed![key].value)),
    limits(changed![key], told),
    limits(difference![key], (value) => signed(value, told)),
  ]
  return [
    `${colour.bold(stream)}  ${order.join(' → ')}  what if: ${colour.bold(change)}`,
    colour.dim(`${days} days simulated from its history until ${asOf.slice(0, 10)}`),
    '',
    ...sentences,
    ...(queue === undefined ? [] : ['', table(waits(queue))]),
    ...(base === null
      ? []
      : [
          '',
          table([
            ['', 'AS IT IS', 'CHANGED', '80 % LIMITS', 'DIFFERENCE, 80 % LIMITS'],
            row('lead time p50', 'p50', time),
            row('lead time p85', 'p85', time),
            row('within a day', 'withinDay', share),
            row('arrive a week', 'perWeek', rate),
          ]),
        ]),
  ].join('\n')
}

function waits({ base, after, difference }: NonNullable<WhatIfView['queue']>): readonly (readonly string[])[] {
  const row = (name: string, key: 'p50' | 'p85' | 'mean') => [
    `  a job waits, ${name}`,
    time(base[key].value),
    time(after[key].value),
    limits(after[key], time),
    limits(difference[key], (value) => signed(value, time)),
  ]
  return [['', 'AS IT IS', 'CHANGED', '80 % LIMITS', 'DIFFERENCE, 80 % LIMITS'], row('p50', 'p50'), row('p85', 'p85'), row('mean', 'mean')]
}

function swept({ stream, rows }: WhatIfSweep, { colour, table }: Output): string {
  const [first] = rows
  return [
    colour.bold(stream),
    ...(first === undefined
      ? []
      : [
          colour.dim(
            `${first.days} days simulated from its history until ${first.asOf.slice(0, 10)}; each held against the line as it is, in the same weeks`,
          ),
        ]),
    table([
      ['WHAT IF', 'P50', 'INSTEAD OF', 'P85', 'INSTEAD OF', 'WITHIN A DAY', 'TIME ON THE WAY, MEAN', 'IN THE STAGE'],
      ...rows.map(({ change, base, changed, difference, local, cannotSay }) =>
        changed === null
          ? [change, colour.dim(`cannot say: ${cannotSay}`)]
          : [
              change,
              time(changed.p50.value),
              colour.dim(time(base!.p50.value)),
              time(changed.p85.value),
              colour.dim(time(base!.p85.value)),
              share(changed.withinDay.value),
              signed(difference!.mean.value, time),
              // A gate takes no time of its own.
              local === null ? colour.dim('no stage') : signed(-local.stageMs, time),
            ],
      ),
    ]),
  ].join('\n')
}

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const share = (value: number | null) => (value === null ? 'no data' : `${Math.round(value * 100)} %`)
const rate = (value: number | null) => (value === null ? 'no data' : value.toFixed(1))
const limits = ({ low, high }: Value, told: (value: number | null) => string) => `${told(low)} to ${told(high)}`
function signed(value: number | null, told: (value: number | null) => string): string {
  if (value === null) return '?'
  const text = told(Math.abs(value))
  return /^0(\.0)?( |$)/.test(text) ? text : `${value < 0 ? '-' : '+'}${text}`
}
