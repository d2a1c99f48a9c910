import { flag, integer, list, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

const stream = text('the value stream; `*` when the stop reaches over all of them')
const passage = {
  stream: text('the value stream'),
  stage: text('the stage'),
  candidate: text('digest of the candidate'),
  run: text('the delivery'),
}
const commit = text('the commit')

export const causes = ['person', 'rollback', 'canary', 'red-trunk', 'undecided', 'batch'] as const
export type Cause = (typeof causes)[number]

/** Someone, or the line itself, pulled the cord. Subject: the stop's id. */
export const lineStopped = ownEvent(
  'line.stopped',
  'The line was stopped: until it starts again nothing enters what the stop covers but the change that fixes it',
  object({
    stream,
    scope: optional(
      text(
        'what it covers: `all`, `service/shop`, `service/shop/web`, `stage/shop/production`, `stage/*/production`, `environment/shop/live`; the whole value stream where nothing is said',
      ),
    ),
    reason: text('why, in a sentence'),
    by: text('who pulled the cord; `threeways` when the line stopped itself'),
    cause: oneOf(causes, 'what kind of stop it is'),
    owner: optional(text('who leads the way out')),
    run: optional(text('the delivery that caused it')),
    stage: optional(text('where it failed; there its fix must prove itself')),
    candidate: optional(text('the candidate that caused it')),
    commit: optional(text('the change that caused it; its verified revert ends the stop')),
  }),
)

/** One stop is over. Subject: the stop's id. */
export const lineStarted = ownEvent(
  'line.started',
  'A stop is over: by a person with a reason, or because the change that fixes it was verified where it had failed',
  object({
    stream,
    reason: text('why it may move again'),
    by: text('who started it; `threeways` when evidence did'),
    evidence: optional(
      oneOf(
        ['person', 'fix', 'revert', 'decided'],
        'what it rests on: the word of a person, a commit that says it fixes the stop, a revert of its cause, a check that decided at last',
      ),
    ),
    fix: optional(text('the commit that fixed or reverted it')),
  }),
)

/** Subject of these four: the stop's id. */
export const lineOwned = ownEvent(
  'line.owned',
  'Somebody leads the way out of a stop',
  object({ stream, owner: text('who'), by: text('who said so') }),
)

export const lineJoined = ownEvent('line.joined', 'Somebody came to help with a stop', object({ stream, who: text('who') }))

export const lineNoted = ownEvent(
  'line.noted',
  'Something was found out, tried or decided about a stop',
  object({ stream, by: text('who'), note: text('what') }),
)

export const lineJudged = ownEvent(
  'line.judged',
  'Somebody said, now or long after, whether stopping the line had been right',
  object({ stream, falseStop: flag('there was nothing wrong'), by: text('who'), reason: text('why') }),
)

/** Subject: the run. */
export const linePassed = ownEvent(
  'line.passed',
  'A person let one candidate past these stops in an emergency. The line stays stopped for everybody else',
  object({
    ...passage,
    commit,
    attempt: integer('the attempt at entering the stage that it holds for, counts from 1'),
    stops: list(text('id of a stop'), 'the stops it may pass'),
    by: text('who'),
    reason: text('why'),
  }),
)

/** Subject: the run. */
export const lineSpared = ownEvent(
  'line.spared',
  'A delivery failed through no fault of its change: a machine, a full disk, a lost process. The line was not stopped for it',
  object({ ...passage, commit, reason: text('what failed') }),
)
