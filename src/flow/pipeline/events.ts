import { instant, integer, list, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent, standardEvent } from '../../ledger/event.ts'
import { gateNames, passables, waitEnds } from './gate/gate-answer.ts'

const stream = text('the value stream')
const stage = text('the stage')
const candidate = text('digest of the candidate')
const run = text('the delivery')
const outcome = oneOf(['success', 'failure', 'cancel', 'error'], 'how it ended')

const delivery = object({
  stream,
  commit: text('the commit that is delivered'),
  kind: optional(oneOf(['delivery', 'rollback'], 'what the run is for')),
  by: optional(text('who asked for it')),
  reason: optional(text('why, where somebody said it')),
  candidate: optional(candidate),
  fixesStop: optional(text('ids of the stops its commit says it fixes, separated by blanks')),
  reverts: optional(text('full names of the commits it was seen to undo, separated by blanks')),
})

export const runQueued = standardEvent(
  'pipelinerun.queued.0.3.0',
  'A delivery was asked for. Subject: the run',
  object({ pipelineName: optional(text('the value stream')), uri: optional(text('names the run')) }),
  delivery,
)

export const runStarted = standardEvent(
  'pipelinerun.started.0.3.0',
  'The first step of a delivery began. Subject: the run',
  object({ pipelineName: text('the value stream'), uri: text('names the run') }),
  delivery,
)

export const runFinished = standardEvent(
  'pipelinerun.finished.0.3.0',
  'A delivery ended. Subject: the run',
  object({
    pipelineName: optional(text('the value stream')),
    uri: optional(text('names the run')),
    outcome: optional(outcome),
    errors: optional(text('why it did not succeed')),
  }),
  delivery,
)

const task = {
  taskName: optional(text('name of the step')),
  uri: optional(text('names the step')),
  pipelineRun: optional(object({ id: run, source: optional(text('who runs it')) })),
}

const step = object({ stream, stage: optional(stage), kind: text('what kind of step'), attempt: integer('counts from 1') })

export const stepStarted = standardEvent('taskrun.started.0.3.0', 'A step began. Subject: run/step/attempt', object(task), step)

export const stepFinished = standardEvent(
  'taskrun.finished.0.3.0',
  'A step ended. Subject: run/step/attempt',
  object({ ...task, outcome: optional(text('success, failure, cancel or error')), errors: optional(text('why it did not succeed')) }),
  step,
)

/** Subject of all below: stream/stage/candidate. */
const promotion = { stream, stage, candidate, run, commit: text('the commit') }

export const gateDecided = ownEvent(
  'gate.decided',
  'A gate said yes or no to a candidate, and why',
  object({
    ...promotion,
    gate: oneOf(['all', ...gateNames], 'which gate; all of them when it is open'),
    decision: oneOf(['open', 'closed'], 'the answer'),
    reason: text('why'),
    by: text('who decided'),
    since: optional(instant('since when it has been closed: with the run and the gate the name of this wait')),
  }),
)

export const gateWaited = ownEvent(
  'gate.waited',
  'The wait of a candidate before a closed gate is over',
  object({
    ...promotion,
    gate: oneOf(gateNames, 'which gate'),
    since: instant('when it was found closed'),
    until: instant('when the wait ended'),
    end: oneOf(waitEnds, 'how it ended'),
  }),
)

export const gateBypassed = ownEvent(
  'gate.bypassed',
  'A person let a candidate pass before its soak time was over, before copies of requests had shown enough, or outside the change windows',
  object({
    ...promotion,
    gate: oneOf(passables, 'which gate'),
    by: text('who'),
    reason: text('why'),
    until: optional(instant('when it would have opened by itself; the bypass counts until then')),
  }),
)

export const promotionRejected = ownEvent(
  'promotion.rejected',
  'A person refused to let a candidate into a stage',
  object({ ...promotion, by: text('who'), reason: text('why') }),
)

export const promotionApproved = ownEvent(
  'promotion.approved',
  'A person let a candidate into a stage',
  object({ ...promotion, by: text('who'), reason: text('why') }),
)

export const promotionStarted = ownEvent(
  'promotion.started',
  'A candidate entered a stage',
  object({
    ...promotion,
    environment: optional(text("key of the definition's environments that it goes to")),
    services: optional(list(text('a service'), 'what the candidate carries')),
  }),
)

/** Subject: stream/stage/candidate. */
export const checkFlaked = ownEvent(
  'check.flaked',
  'A check failed and then passed for the same candidate: it says nothing about the change and something about the check',
  object({
    ...promotion,
    check: text('name of the check'),
    attempts: integer('tries it took'),
    reason: text('what it said when it failed last'),
  }),
)

export const promotionVerified = ownEvent(
  'promotion.verified',
  'A candidate passed everything its stage asks: it is fit for the next one, and a place to go back to',
  object(promotion),
)

export const promotionFailed = ownEvent(
  'promotion.failed',
  'A candidate did not pass its stage',
  object({
    ...promotion,
    reason: text('what failed'),
    outcome: oneOf(['failed', 'rolled-back', 'cancelled'], 'rolled-back: the environment runs its last verified candidate again'),
    backTo: optional(text('digest of the candidate that serves again')),
  }),
)
