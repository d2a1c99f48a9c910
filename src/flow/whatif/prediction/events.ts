import { flag, instant, integer, list, number, object, oneOf, optional, text } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'

const value = (description: string) =>
  object(
    { value: optional(number(description)), low: optional(number('lower limit')), high: optional(number('upper limit')) },
    'what is left out: never',
  )

/** Lead times in milliseconds. */
const figures = object({
  p50: value('within which half of the versions arrive'),
  p85: value('within which 85 % of them do'),
  withinDay: value('share that arrives within a day'),
  perWeek: value('versions that arrive, a week'),
})

/** Subject: the prediction. */
export const predictionMade = ownEvent(
  'prediction.made',
  'Somebody keeps what a change is to do to lead times, to be held against what happens',
  object({
    prediction: text('its name'),
    stream: text('the value stream'),
    change: text('what is to be otherwise'),
    order: list(text('environment'), 'its way when it was made'),
    asOf: instant('nothing later was looked at'),
    since: instant('the window that is predicted'),
    until: instant('its end'),
    base: figures,
    changed: figures,
    by: text('who'),
  }),
)

/** Subject: the prediction. */
export const predictionScored = ownEvent(
  'prediction.scored',
  'The window of a prediction has passed, and what happened stands beside it',
  object({
    prediction: text('its name'),
    versions: integer('that came in the window'),
    p50: optional(number('what happened; left out: never')),
    p85: optional(number('what happened; left out: never')),
    withinDay: optional(number('what happened; left out: nothing was watched for so long')),
    perWeek: number('what happened'),
    made: oneOf(['yes', 'no', 'unknown'], 'whether the change was seen to be made'),
    held: list(object({ figure: text('which'), inside: flag('what happened lies within its limits') }), 'of each figure'),
    why: list(text('a sentence'), 'what else was otherwise'),
  }),
)
