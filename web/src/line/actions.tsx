import type { StopView, Waiting } from '../api/types.ts'
import type { Action } from '../piece/action.tsx'
import { short } from '../piece/digest.tsx'

const at = encodeURIComponent

/** Everything a person can do to the line, said before it is done. */
export function stopLine(stream: string): Action {
  return {
    title: 'Stop the line',
    explanation: <p>Nothing of {stream} is promoted any more, except a commit that says it fixes this stop. What runs keeps running.</p>,
    path: `/api/streams/${at(stream)}/stop`,
    reason: 'required',
    confirm: 'Stop the line',
    tone: 'stop',
    done: `The line of ${stream} is stopped`,
  }
}

export function startLine(stop: StopView, others: number): Action {
  return {
    title: 'Start the line',
    explanation: (
      <>
        <p>
          Ends the stop by {stop.by}: <q>{stop.reason}</q>
        </p>
        {others > 0 && <p>The line stays stopped: {others === 1 ? 'another stop is' : `${others} other stops are`} still open.</p>}
      </>
    ),
    path: `/api/streams/${at(stop.stream)}/start`,
    body: { stop: stop.id },
    reason: 'required',
    confirm: others > 0 ? 'End this stop' : 'Start the line',
    done: others > 0 ? 'The stop is ended' : `The line of ${stop.stream} is open`,
  }
}

type Change = { readonly commit: string; readonly summary: string; readonly author: string }

/** @param kind - what it waits for: a canary that cannot be judged is in already, and goes on */
export function promote(run: string, stage: string, card: Change, kind?: Waiting['kind']): Action {
  const goesOn = kind === 'canary'
  return {
    title: goesOn ? `Let the canary in ${stage} go on` : `Promote to ${stage}`,
    explanation: (
      <p>
        <code>{short(card.commit)}</code> {card.summary}, by {card.author}, {goesOn ? 'gets more of the traffic of' : 'enters'} {stage}.
      </p>
    ),
    path: `/api/runs/${at(run)}/stages/${at(stage)}/promote`,
    reason: goesOn ? 'required' : 'optional',
    confirm: goesOn ? 'Let it go on' : 'Promote',
    done: goesOn ? 'The canary goes on' : `${short(card.commit)} is promoted to ${stage}`,
  }
}

/** What the button says. */
export const promoteLabel = (stage: string, kind: Waiting['kind'] | undefined) =>
  kind === 'canary' ? 'Let it go on…' : `Promote to ${stage}…`

/** One person is for it. @param why - the policy asks for a reason */
export function approve(run: string, stage: string, card: Change, why: boolean): Action {
  return {
    ...promote(run, stage, card),
    title: `Approve for ${stage}`,
    path: `/api/runs/${at(run)}/stages/${at(stage)}/approve`,
    reason: why ? 'required' : 'optional',
    confirm: 'Approve',
    done: `You are for ${short(card.commit)} in ${stage}`,
  }
}

/** Ends its delivery. */
export function reject(run: string, stage: string, card: Change): Action {
  return {
    title: `Reject for ${stage}`,
    explanation: (
      <p>
        <code>{short(card.commit)}</code> {card.summary}, by {card.author}, does not enter {stage}; its delivery ends.
      </p>
    ),
    path: `/api/runs/${at(run)}/stages/${at(stage)}/reject`,
    reason: 'required',
    confirm: 'Reject',
    tone: 'stop',
    done: `${short(card.commit)} is rejected`,
  }
}

/** Before a soak time is over or outside of the change windows; it is kept on the ledger who did. */
export function bypass(run: string, stage: string, card: Change, gate: 'soak' | 'window'): Action {
  const what = gate === 'soak' ? 'its soak time is over' : 'the change window opens'
  return {
    title: `Enter ${stage} at once`,
    explanation: (
      <p>
        <code>{short(card.commit)}</code> {card.summary} enters {stage} before {what}. That is kept on the ledger with your reason.
      </p>
    ),
    path: `/api/runs/${at(run)}/stages/${at(stage)}/bypass`,
    body: { gate },
    reason: 'required',
    confirm: 'Bypass',
    tone: 'stop',
    done: `${gate === 'soak' ? 'The soak time' : 'The window'} is bypassed`,
  }
}

export function rollback(stream: string, stage: string, card: Change): Action {
  return {
    title: `Roll back ${stage}`,
    explanation: (
      <p>
        {stage} goes back from <code>{short(card.commit)}</code> {card.summary} to the last candidate verified there.
      </p>
    ),
    path: `/api/streams/${at(stream)}/rollback`,
    body: { stage },
    reason: 'required',
    confirm: 'Roll back',
    tone: 'stop',
    done: `${stage} is going back`,
  }
}

export function deliver(repository: string | null): Action {
  return {
    title: 'Deliver a commit',
    explanation: <p>It is built once, and the same candidate goes from stage to stage.</p>,
    path: '/api/deliveries',
    body: repository === null ? {} : { repository },
    fields: (
      <label className="field">
        <span>Commit, branch or tag (optional)</span>
        <input className="input mono" name="revision" autoComplete="off" spellCheck={false} placeholder="HEAD" autoFocus />
        <small>Left empty: the latest commit{repository === null ? '' : ` of ${repository}`}.</small>
      </label>
    ),
    reason: 'none',
    confirm: 'Deliver',
    done: 'The delivery is under way',
  }
}
