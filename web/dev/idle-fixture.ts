import type { RunSummary, StageView, StreamView } from '../src/api/types.ts'
import { card, hour, minute, run, runOf, stage, steps, withSteps, type Clock } from './build-fixtures.ts'
import { fixtureOf, type Fixture } from './story-fixture.ts'

/** The calm line all other situations start from. */

export const good = 'Show delivery times on every part'
export const better = 'Remember the cart for a week'
export const bad = 'Charge in cents everywhere'
export const fix = 'Round prices only when they are shown'
export function production(clock: Clock, summary: string, author: string, since: number, extra: Partial<StageView> = {}): StageView {
  const its = card(clock, author, summary, since + 60)
  return stage('production', ['test'], {
    checks: ['smoke'],
    running: { card: its, since: clock.ago(since), verified: true },
    candidates: [{ card: its, run: runOf(summary), state: 'verified', since: clock.ago(since), waiting: null, message: null }],
    ...extra,
  })
}

export function through(
  clock: Clock,
  name: string,
  after: readonly string[],
  summary: string,
  author: string,
  since: number,
  extra: Partial<StageView> = {},
): StageView {
  return {
    ...production(clock, summary, author, since),
    ...stage(name, after),
    running: production(clock, summary, author, since).running,
    candidates: production(clock, summary, author, since).candidates,
    ...extra,
  }
}

export function streamOf(stages: readonly StageView[], runs: readonly RunSummary[], extra: Partial<StreamView> = {}): StreamView {
  return {
    stream: 'parts-unlimited',
    repository: '/home/mia/parts-unlimited',
    line: { status: 'open', stops: [] },
    stages: [...stages],
    runs: [...runs],
    ...extra,
  }
}

export const history = (clock: Clock) => [
  run(clock, 'Mia Tanaka', good, 40 * minute),
  run(clock, 'Brent Osei', 'Log each order once', 3 * hour),
  run(clock, 'Mia Tanaka', 'Speed up the search by parts number', 7 * hour, {
    state: 'failed',
    stage: 'test',
    message: 'check "integration" failed: 2 of 12 tests',
  }),
  run(clock, 'Ada Okafor', 'Let the shop start without a mail server', 26 * hour),
]

export function idle(clock: Clock): Fixture {
  const done = run(clock, 'Mia Tanaka', good, 40 * minute)
  const stages = [
    through(clock, 'dev', [], good, 'Mia Tanaka', 40 * minute, { checks: ['unit', 'lint'] }),
    through(clock, 'test', ['dev'], good, 'Mia Tanaka', 39 * minute, { checks: ['integration'] }),
    production(clock, good, 'Mia Tanaka', 39 * minute),
  ]
  return fixtureOf(clock, streamOf(stages, history(clock)), [withSteps(done, steps(clock, 'end', 'succeeded', 39 * minute))])
}
