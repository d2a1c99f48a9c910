import type { Clock } from '../../../kernel/clock.ts'
import { refused } from '../../../kernel/errors.ts'
import type { NewId } from '../../../kernel/ids.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import type { Past } from '../../measures/past.ts'
import type { Figures, Value } from '../schemas.ts'
import { whatIf } from '../views.ts'
import { predictionMade, predictionScored } from './events.ts'
import { predictionHistory } from './projection.ts'
import type { KeepPrediction, PredictionBoard, PredictionRow } from './schemas.ts'
import { scoreOf, type Made, type Score } from './score.ts'

const dayMs = 86_400_000
const source = '/threeways/prediction'

type Parts = {
  readonly ledger: Pick<Ledger, 'db' | 'append'>
  readonly past: () => Promise<Past>
  readonly clock: Clock
  readonly newId: NewId
}
export type Predictions = ReturnType<typeof makePredictions>

/** What was predicted, and what happened. */
export function makePredictions({ ledger, past, clock, newId }: Parts) {
  const kept = async () =>
    (
      await rowsOf(ledger.db, predictionHistory).select(['prediction', 'made', 'told', 'scored', 'score']).orderBy('made').execute()
    ).flatMap((row) => (row.told === null ? [] : [{ ...row, told: row.told as Made, score: row.score as Score | null }]))

  return {
    /**
     * Keeps what a change is to do, from the moment until which something is known on, or from a later one.
     * @throws ThreewaysError `PREDICTION_IMPOSSIBLE` where it cannot be said, and as `whatIf`
     */
    async keep(stream: string, { change, days, asOf, to, since }: KeepPrediction, by: string): Promise<PredictionRow> {
      const history = await past()
      const told = whatIf(history, stream, { change, days, asOf, to }, clock.now())
      if (told.base === null || told.changed === null)
        throw refused('PREDICTION_IMPOSSIBLE', {
          message: `cannot say what "${change}" would do: ${told.cannotSay}`,
          help: 'bring more history in, or try another change',
        })
      const begin = since === undefined ? Date.parse(told.asOf) : Math.max(Date.parse(told.asOf), Date.parse(since))
      const made: Made = {
        prediction: newId(),
        stream,
        change,
        order: told.order,
        asOf: told.asOf,
        since: new Date(begin).toISOString(),
        until: new Date(begin + days * dayMs).toISOString(),
        base: figuresOf(told.base),
        changed: figuresOf(told.changed),
        by,
      }
      const time = clock.instant()
      await ledger.append([event(predictionMade, { id: newId(), time, source, subject: made.prediction }, made)])
      // Of a window that has passed it is known at once what happened.
      return rowOf(made, time, scoreOf(history, made, clock.now()), null)
    },

    /**
     * Predictions, the newest first, with what happened where the window of one has passed.
     * @param isMeant - of which value streams
     */
    async board(isMeant: (stream: string) => boolean): Promise<PredictionBoard> {
      const [all, history] = [await kept(), await past()]
      const rows = all
        .filter(({ told }) => isMeant(told.stream))
        .map(({ told, made, score, scored }) => rowOf(told, made!, score ?? scoreOf(history, told, clock.now()), scored))
      const held = rows.flatMap(({ score }) => score?.held ?? [])
      const inside = held.filter((one) => one.inside).length
      return { rows: rows.toReversed(), coverage: { figures: held.length, inside, share: held.length === 0 ? null : inside / held.length } }
    },

    /** Records the score of each prediction whose window has passed. Again records nothing new. @returns how many */
    async score(): Promise<number> {
      const now = clock.now()
      const due = (await kept()).filter(({ told, scored }) => scored === null && Date.parse(told.until) <= now)
      if (due.length === 0) return 0
      const history = await past()
      const events = due.flatMap(({ told }) => {
        const score = scoreOf(history, told, now)
        // Its name is that of the prediction: two that score at the same time record one.
        return score
          ? [event(predictionScored, { id: `score-${told.prediction}`, time: clock.instant(), source, subject: told.prediction }, score)]
          : []
      })
      if (events.length > 0) await ledger.append(events)
      return events.length
    },
  }
}

function figuresOf({ p50, p85, withinDay, perWeek }: Figures): Made['base'] {
  const without = (value: Value) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)) as Made['base']['p50']
  return { p50: without(p50), p85: without(p85), withinDay: without(withinDay), perWeek: without(perWeek) }
}

function rowOf(told: Made, made: string, score: Score | undefined, scored: string | null): PredictionRow {
  const orNull = ({ value = null, low = null, high = null }: { value?: number | null; low?: number | null; high?: number | null }) => ({
    value,
    low,
    high,
  })
  const all = ({ p50, p85, withinDay, perWeek }: Made['base']) => ({
    p50: orNull(p50),
    p85: orNull(p85),
    withinDay: orNull(withinDay),
    perWeek: orNull(perWeek),
  })
  const { order: _, base, changed, ...rest } = told
  return {
    ...rest,
    made,
    // Who makes it when all is over may have looked.
    hindsight: Date.parse(made) > Date.parse(told.until),
    base: all(base),
    changed: all(changed),
    scored,
    score: score
      ? {
          versions: score.versions,
          p50: score.p50 ?? null,
          p85: score.p85 ?? null,
          withinDay: score.withinDay ?? null,
          perWeek: score.perWeek,
          made: score.made,
          held: [...score.held],
          why: [...score.why],
        }
      : null,
  }
}
