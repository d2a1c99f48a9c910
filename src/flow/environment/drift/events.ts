import { object, oneOf, text } from '../../../kernel/json-schema.ts'
import { ownEvent } from '../../../ledger/event.ts'

const about = {
  stream: text('the value stream'),
  kind: text('file-changed, process-frozen, variables …'),
  about: text('the service, resource, file or process', { maxLength: 4096 }),
}

/** Subject: stream/environment. */
export const environmentDrifted = ownEvent(
  'environment.drifted',
  'Something of an environment is not as it was made. Subject: stream/environment. Said again when what is done about it changes',
  object({
    ...about,
    expected: text('as it was made; never the value of a variable', { maxLength: 4096 }),
    observed: text('as it was found; never the value of a variable', { maxLength: 4096 }),
    response: oneOf(
      ['alert', 'heal', 'given-up'],
      'heal: it is put right. alert: it is only told. given-up: it came back so often that it is left alone',
    ),
    reason: text('of response `alert` or `given-up`, where putting it right was asked for; else empty'),
  }),
)

/** Subject: stream/environment. */
export const environmentHealed = ownEvent(
  'environment.healed',
  'What had drifted is as it was made again. Subject: stream/environment',
  object({
    ...about,
    by: oneOf(
      ['threeways', 'others', 'deployment'],
      'who saw to it: threeways healed it, it was found well, or another deployment followed',
    ),
  }),
)
