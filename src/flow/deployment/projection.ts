import type { EventType, Fact } from '../../ledger/event.ts'
import { last, projection, type Row } from '../../ledger/projection.ts'
import { holdLifted, holdPlaced, serviceDeployed, serviceRemoved, serviceRolledBack, serviceUpgraded } from './events.ts'

type Deployed = typeof serviceDeployed extends EventType<infer Content> ? Content : never

// Events of other producers carry no custom data of ours; what they say of their environment is still kept.
const text = (value: unknown) => (typeof value === 'string' ? value : null)
const runs = ({ subject, time, content, custom }: Fact<Deployed>) => [
  {
    environment: content.environment.id,
    service: subject,
    artifact: content.artifactId,
    candidate: text(custom['candidate']),
    commit: text(custom['commit']),
    since: time,
  },
]

/** What runs where. */
export const deployments = projection({
  table: 'deployment',
  key: ['environment', 'service'],
  columns: { artifact: last.text, candidate: last.text, commit: last.text, since: last.text },
  indexes: [['candidate']],
})
  .on(serviceDeployed, runs)
  .on(serviceUpgraded, runs)
  .on(serviceRolledBack, runs)
  .on(serviceRemoved, ({ subject, time, content }) =>
    content.environment === undefined
      ? []
      : [{ environment: content.environment.id, service: subject, artifact: null, candidate: null, commit: null, since: time }],
  )

/** Candidates that automation must not bring back into a stage. */
export const holds = projection({
  table: 'hold',
  key: ['stream', 'stage', 'candidate'],
  columns: {
    held: last.boolean,
    reason: last.text,
    since: last.text,
    commit: last.text,
    run: last.text,
    /** Lifted because a person promoted this candidate since: no hold any more, and still no place to go back to. */
    newer: last.text,
  },
})
  .on(holdPlaced, ({ time, content: { stream, stage, candidate, commit, reason, run } }) => [
    { stream, stage, candidate, held: true, reason, since: time, commit, run, newer: null },
  ])
  .on(holdLifted, ({ time, content: { stream, stage, candidate, commit, reason, newer } }) => [
    { stream, stage, candidate, held: false, reason, since: time, commit, newer: newer ?? null },
  ])

export type Deployment = Row<typeof deployments>
export type Hold = Row<typeof holds>
