import { integer, object, oneOf, optional, text, type Schema } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'
import type { Flag } from './flag.ts'
import type { SlotTables } from './slots.ts'

/** What a revision of a flag was made for. */
export const changes = ['created', 'edited', 'state', 'ramp', 'killed', 'revived', 'paused', 'resumed', 'turned back'] as const
export type FlagChange = (typeof changes)[number]

/** Others whose features are brought in as flags. */
export const sources = ['unleash', 'growthbook'] as const
export type Source = (typeof sources)[number]

const structure = <T>(description: string): Schema<T> => ({ json: { type: 'object', description } })

/** Subject: the flag. Carries the whole flag, so that what anybody ever got can be worked out again. */
export const flagChanged = ownEvent(
  'flag.changed',
  'A flag was changed: who gets which variant of a feature, in which environment',
  object({
    flag: text('its name', { maxLength: 100 }),
    revision: integer('counts from 1'),
    change: oneOf(changes, 'what was done to it'),
    by: text('who, or what'),
    reason: text('why'),
    origin: oneOf(
      ['file', 'api', 'ramp'],
      'a file of a repository, somebody at the page or the command line, or its own ramp and its guardrails',
    ),
    source: optional(oneOf(sources, 'whose feature it was brought in from')),
    environment: optional(text('the only one that it was changed for')),
    definition: structure<Flag>('the flag as it stands from now on'),
    slots: structure<SlotTables>('who owns which of the 10,000 slots of each distribution'),
  }),
)
