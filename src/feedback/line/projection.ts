import { first, projection, type Row } from '../../ledger/projection.ts'
import { lineStarted, lineStopped } from './events.ts'

/**
 * Every stop there ever was. A stop is open when it was stopped and not started: `since` set and `startedAt` null. The first
 * start ends it, whatever comes later.
 */
export const lineStops = projection({
  table: 'line_stop',
  key: ['id'],
  columns: {
    stream: first.text,
    reason: first.text,
    by: first.text,
    cause: first.text,
    run: first.text,
    stage: first.text,
    candidate: first.text,
    commit: first.text,
    since: first.text,
    startedAt: first.text,
    startedBy: first.text,
    startReason: first.text,
    fix: first.text,
  },
  indexes: [['stream']],
})
  .on(lineStopped, ({ subject, time, content }) => [
    {
      id: subject,
      stream: content.stream,
      reason: content.reason,
      by: content.by,
      cause: content.cause,
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
      fix: content.fix ?? null,
    },
  ])

export type LineStop = Row<typeof lineStops>
