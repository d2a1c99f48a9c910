import { integer, list, number, object, optional, text } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'
import { sketch, told } from '../../dark/told.ts'

const name = (description: string) => text(description, { maxLength: 100 })
const count = integer
/** A hash, or what the application puts in its place. */
const unit = text('who, as 64 bits of a hash', { pattern: '^[\\w.:-]{1,64}$' })

/** Subject: the environment. Many in one event: what an application tells at once. Sent again under the same id it is one event. */
export const exposuresRecorded = ownEvent(
  'exposures.recorded',
  'An application told who was shown which variant, what they did, how often flags were asked for, and what rehearsals came to',
  object({
    environment: name('where'),
    exposures: list(
      object({
        unit,
        flag: name('the flag'),
        revision: integer('of the flag'),
        variant: name('what was shown'),
        rule: optional(name('the rule that decided')),
        at: integer('when it was first seen there, ms since 1970'),
      }),
      'units that were shown a variant, each once for every flag, revision and variant',
    ),
    metrics: list(
      object({
        unit,
        metric: name('what was counted'),
        n: integer('how often'),
        sum: number('of the values'),
        sumsq: number('of their squares'),
        buckets: optional(sketch('into which bucket each fell; of metrics whose quantiles may be asked for')),
      }),
      'what units did since the last report',
    ),
    evaluations: list(
      object({
        flag: name('the flag'),
        revision: optional(integer('of the flag')),
        variant: name('the variant'),
        count: count('how often'),
      }),
      'how often flags were asked for since the last report',
    ),
    rehearsals: list(
      object({
        flag: name('the flag'),
        revision: optional(integer('of the flag')),
        ...told,
        dropped: count('rehearsals that were not begun: for their rate, number, time, or because too many failed'),
      }),
      'what rehearsals came to since the last report',
    ),
    dropped: count('that there was no room for'),
  }),
)
