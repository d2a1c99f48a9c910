import { integer, object, text } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'
import { told } from '../told.ts'

/** Subject: the environment that got the copies. Many requests in one event. */
export const shadowRecorded = ownEvent(
  'shadow.recorded',
  'Requests of an environment were copied to a candidate in another, and this is what the answers came to. Subject: stream/environment that got the copies',
  object({
    from: text('the environment whose requests were copied, as stream/environment'),
    candidate: text('digest of the candidate that got them'),
    rehearsal: object(
      {
        ...told,
        dropped: integer(
          'requests that were drawn and not copied: for their rate, number, time, because too many failed, or nobody was there',
        ),
      },
      'since the last event',
    ),
    oversized: integer('requests that were drawn and not copied because they or their answers are too large or too slow, or have no end'),
  }),
)
