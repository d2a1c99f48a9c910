import type { EstateRow, StopOnBoard, StopView, Waiting } from '../api/types.ts'
import type { Action } from '../piece/action.tsx'
import { short } from '../piece/digest.tsx'
import type { Passable } from '../piece/waiting.tsx'

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

/** @param others - open stops of the same line beside it, where the page is about one line */
export function endStop({ id, by, reason, stream }: Pick<StopView, 'id' | 'by' | 'reason' | 'stream'>, others?: number): Action {
  const opens = others === 0
  return {
    title: opens ? 'Start the line' : 'End this stop',
    explanation: (
      <>
        <p>
          Ends the stop by {by}: <q>{reason}</q>
        </p>
        {others !== undefined && others > 0 && (
          <p>The line stays stopped: {others === 1 ? 'another stop is' : `${others} other stops are`} still open.</p>
        )}
      </>
    ),
    path: aboutStop({ id }, 'start'),
    reason: 'required',
    confirm: opens ? 'Start the line' : 'End this stop',
    done: opens ? `The line of ${stream} is open` : 'The stop is ended',
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

const passed = {
  soak: 'its soak time is over',
  shadow: 'copies of requests have shown that it is ready',
  window: 'the change window opens',
}
const gateWords = { soak: 'The soak time', shadow: 'The gate of copied requests', window: 'The window' }

/** Before a soak time is over, before copies of requests have shown enough, or outside of the change windows; it is kept on the ledger who did. @param gates - those that are closed */
export function bypass(run: string, stage: string, card: Change, gates: readonly Passable[]): Action {
  return {
    title: `Enter ${stage} at once`,
    explanation: (
      <p>
        <code>{short(card.commit)}</code> {card.summary} enters {stage} before {gates.map((gate) => passed[gate]).join(' and before ')}.
        That is kept on the ledger with your reason.
      </p>
    ),
    path: `/api/runs/${at(run)}/stages/${at(stage)}/bypass`,
    body: gates.length === 1 ? { gate: gates[0] } : {},
    reason: 'required',
    confirm: 'Bypass',
    tone: 'stop',
    done: `${gates.map((gate) => gateWords[gate]).join(' and ')} ${gates.length > 1 ? 'are' : 'is'} bypassed`,
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

const aboutStop = ({ id }: Pick<StopOnBoard, 'id'>, what: string) => `/api/line/stops/${at(id)}/${what}`

/** A stop of any scope; the whole estate is one choice away, and not the first. */
export function stopScope(rows: readonly EstateRow[]): Action {
  return {
    title: 'Stop a line',
    explanation: <p>Nothing of it is promoted any more, except a commit that says it fixes this stop. What runs keeps running.</p>,
    path: '/api/line/stops',
    fields: (
      <label className="field">
        <span>What</span>
        <select className="input" name="scope">
          {rows.map(({ stream, stages }) => (
            <optgroup key={stream} label={stream}>
              <option value={`service/${stream}`}>{stream}, all of it</option>
              {stages.map(({ name }) => (
                <option key={name} value={`stage/${stream}/${name}`}>
                  {stream}, only stage {name}
                </option>
              ))}
            </optgroup>
          ))}
          <option value="all">every line</option>
        </select>
      </label>
    ),
    reason: 'required',
    confirm: 'Stop it',
    tone: 'stop',
    done: 'It is stopped',
  }
}

export function joinStop(stop: StopOnBoard): Action {
  return {
    title: 'Come to help',
    explanation: <p>Says that you are at it. The time from the stop to the first who joins is kept.</p>,
    path: aboutStop(stop, 'join'),
    reason: 'none',
    confirm: 'Join',
    done: 'You have joined',
  }
}

export function ownStop(stop: StopOnBoard): Action {
  return {
    title: 'Who leads the way out',
    explanation: <p>One person leads; the others help.</p>,
    path: aboutStop(stop, 'owner'),
    fields: (
      <label className="field">
        <span>Who (optional)</span>
        <input className="input" name="owner" autoComplete="off" maxLength={200} autoFocus />
        <small>Left empty: you.</small>
      </label>
    ),
    reason: 'none',
    confirm: 'Lead',
    done: 'It is known who leads',
  }
}

export function noteStop(stop: StopOnBoard): Action {
  return {
    title: 'What was found out',
    explanation: <p>Everyone who looks at the stop sees it, also later.</p>,
    path: aboutStop(stop, 'notes'),
    fields: (
      <label className="field">
        <span>Note</span>
        <textarea className="input" name="note" rows={3} required maxLength={4000} autoFocus />
      </label>
    ),
    reason: 'none',
    confirm: 'Keep it',
    done: 'It is noted',
  }
}
