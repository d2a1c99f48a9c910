import { first, last, min, projection, type Row } from '../../ledger/projection.ts'
import { lineJoined, lineJudged, lineNoted, lineOwned, linePassed, lineStarted, lineStopped } from './events.ts'
import { scopeText } from './scope.ts'

/**
 * Every stop there ever was. A stop is open when it was stopped and not started: `since` set and `startedAt` null. The first
 * start ends it, whatever comes later.
 */
export const lineStops = projection({
  table: 'line_stop',
  key: ['id'],
  columns: {
    /** `*`: it reaches over all of them. */
    stream: first.text,
    scope: first.text,
    reason: first.text,
    by: first.text,
    cause: first.text,
    owner: last.text,
    run: first.text,
    stage: first.text,
    candidate: first.text,
    commit: first.text,
    since: first.text,
    startedAt: first.text,
    startedBy: first.text,
    startReason: first.text,
    evidence: first.text,
    fix: first.text,
    falseStop: last.boolean,
    judgedBy: last.text,
    judgement: last.text,
  },
  indexes: [['stream'], ['run']],
})
  .on(lineStopped, ({ subject, time, content }) => [
    {
      id: subject,
      stream: content.stream,
      // Stops of the first days covered a value stream and did not say so.
      scope: content.scope ?? scopeText({ kind: 'service', stream: content.stream }),
      reason: content.reason,
      by: content.by,
      cause: content.cause,
      owner: content.owner ?? null,
      run: content.run ?? null,
      stage: content.stage ?? null,
      candidate: content.candidate ?? null,
      commit: content.commit ?? null,
      since: time,
    },
  ])
  .on(lineStarted, ({ subject, time, content }) => [
    {
      id: subject,
      stream: content.stream,
      startedAt: time,
      startedBy: content.by,
      startReason: content.reason,
      evidence: content.evidence ?? (content.fix === undefined ? 'person' : 'fix'),
      fix: content.fix ?? null,
    },
  ])
  .on(lineOwned, ({ subject, content }) => [{ id: subject, owner: content.owner }])
  .on(lineJudged, ({ subject, content }) => [
    { id: subject, falseStop: content.falseStop, judgedBy: content.by, judgement: content.reason },
  ])

export type LineStop = Row<typeof lineStops>

/** Who came to help, and when they came first. */
export const lineHelpers = projection({ table: 'line_helper', key: ['stop', 'who'], columns: { at: min.text } }).on(
  lineJoined,
  ({ subject, time, content }) => [{ stop: subject, who: content.who, at: time }],
)

export type LineHelper = Row<typeof lineHelpers>

export const lineNotes = projection({
  table: 'line_note',
  key: ['stop', 'note'],
  columns: { at: first.text, by: first.text, text: first.text },
}).on(lineNoted, ({ source, id, subject, time, content }) => [
  { stop: subject, note: `${source} ${id}`, at: time, by: content.by, text: content.note },
])

export type LineNote = Row<typeof lineNotes>

/** Who may pass which stop on its way into which stage, once. */
export const linePasses = projection({
  table: 'line_pass',
  key: ['run', 'stage', 'attempt', 'stop'],
  columns: { at: first.text, by: first.text, reason: first.text },
}).on(linePassed, ({ time, content }) =>
  content.stops.map((stop) => ({
    run: content.run,
    stage: content.stage,
    attempt: String(content.attempt),
    stop,
    at: time,
    by: content.by,
    reason: content.reason,
  })),
)

export type LinePass = Row<typeof linePasses>
