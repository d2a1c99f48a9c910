import type { RunView, StageView } from '../src/api/types.ts'
import { card, clockAt, digestOf, minute, run, stage, steps, stop, waiting, withSteps, type Clock } from './build-fixtures.ts'
import { estateOf } from './estate-fixture.ts'
import { bad, better, fix, history, idle, streamOf } from './idle-fixture.ts'
import { longNames } from './long-names-fixture.ts'
import { fixtureOf, log, type Fixture } from './story-fixture.ts'

export type { Fixture }

function fresh(): Fixture {
  return { streams: [], runs: [], stories: [], logs: {} }
}

/** One delivery under way in test; `at` says how far, for the moves a test makes. */
export function running(clock: Clock, at: 'building' | 'dev' | 'test' | 'production' = 'test'): Fixture {
  const its = card(clock, 'Brent Osei', better, 60)
  const active = run(clock, 'Brent Osei', better, 31, {
    state: 'running',
    finishedAt: null,
    stage: at === 'building' ? null : at,
    candidate: at === 'building' ? null : digestOf(better),
  })
  const here = { building: 'build', dev: 'dev/check/unit', test: 'test/check/integration', production: 'production/deploy' }[at]
  const order = ['dev', 'test', 'production']
  const stages = idle(clock).streams[0]!.stages.map((old): StageView => {
    const distance = order.indexOf(old.name) - (at === 'building' ? -1 : order.indexOf(at))
    if (distance > 0) return old
    const state = distance === 0 ? 'running' : 'verified'
    const entry = { card: its, run: active.id, state, since: clock.ago(9), waiting: null, message: null } as const
    const serves = distance < 0 || at === 'test'
    return {
      ...old,
      candidates: [entry, ...old.candidates],
      running: serves ? { card: its, since: clock.ago(9), verified: distance < 0 } : old.running,
    }
  })
  return fixtureOf(clock, streamOf(stages, [active, ...history(clock)]), [withSteps(active, steps(clock, here, 'running', 7))], {
    [`${active.id} ${here}`]: { text: log, complete: false },
  })
}

const forAPerson = (clock: Clock) =>
  waiting(clock, 'approval', 'production is promoted by a person', 'a promotion by anyone with the right to it', 22 * minute)

function approval(clock: Clock, wait = forAPerson(clock)): Fixture {
  const its = card(clock, 'Brent Osei', better, 24 * minute)
  const active = run(clock, 'Brent Osei', better, 23 * minute, { state: 'waiting', finishedAt: null, stage: 'production' })
  const entry = { card: its, run: active.id, since: clock.ago(22 * minute), message: null }
  const stages = idle(clock).streams[0]!.stages.map((old): StageView => {
    if (old.name === 'production') return { ...old, candidates: [{ ...entry, state: 'waiting', waiting: wait }, ...old.candidates] }
    const serving = { card: its, since: clock.ago(22 * minute), verified: true }
    return { ...old, running: serving, candidates: [{ ...entry, state: 'verified', waiting: null }, ...old.candidates] }
  })
  const view = withSteps(active, steps(clock, 'production/gate', 'waiting', 22 * minute, { waiting: wait }))
  return fixtureOf(clock, streamOf(stages, [active, ...history(clock)]), [view])
}

/** Waits for its time before production; a person let it into test outside of the window. */
function soaking(clock: Clock): Fixture {
  const until = clock.ago(-98 * minute)
  const soak = waiting(clock, 'soak', `it soaks 2h in test before production, until ${until}`, 'the time to pass, or grace', 22 * minute)
  const shown = approval(clock, { ...soak, until })
  const passed = {
    stage: 'test',
    gate: 'window',
    by: 'grace',
    reason: 'the till is down',
    at: clock.ago(23 * minute),
    until: null,
  } as const
  const sentence = 'grace let it pass the window gate of test: the till is down'
  const told = { seq: 250, type: 'dev.cdeventsx.threeways-gate.bypassed.0.1.0', time: passed.at, subject: '', sentence }
  const bypassed = <T extends { readonly id: string }>(its: T) => (its.id === shown.runs[0]!.id ? { ...its, bypasses: [passed] } : its)
  const drifted = (its: RunView): RunView => ({
    ...its,
    steps: its.steps.map((step) => (step.name === 'test/check/integration' ? { ...step, drifted: ['file-changed web'] } : step)),
  })
  return {
    ...shown,
    runs: shown.runs.map(bypassed).map(drifted),
    stories: shown.stories.map((story, at) => ({
      ...story,
      runs: story.runs.map(bypassed).map(drifted),
      events: at === 0 ? [...story.events, told] : story.events,
    })),
  }
}

const why = 'service "web" of the candidate answered 500 to GET /checkout three times after the switch'

function stopped(clock: Clock): Fixture {
  const its = card(clock, 'Ada Okafor', bad, 15 * minute)
  const failed = run(clock, 'Ada Okafor', bad, 14 * minute, { state: 'failed', message: `rolled back: ${why}` })
  const next = run(clock, 'Brent Osei', better, 6 * minute, { state: 'waiting', finishedAt: null, stage: 'production' })
  const wait = waiting(
    clock,
    'line',
    'the line is stopped: checkout answers 500 in production',
    'a commit with "Fixes-Stop: stop-7f3a91c2", or a start',
    5 * minute,
  )
  const nextCard = card(clock, 'Brent Osei', better, 7 * minute)
  const entry = { card: its, run: failed.id, since: clock.ago(12 * minute) }
  const nextEntry = { card: nextCard, run: next.id, since: clock.ago(5 * minute), message: null }
  const held = [{ card: its, reason: why, since: clock.ago(12 * minute) }]
  const stages = idle(clock).streams[0]!.stages.map((old): StageView => {
    if (old.name === 'production') {
      const rolledBack = { ...entry, state: 'rolled-back', waiting: null, message: why } as const
      return { ...old, held, candidates: [{ ...nextEntry, state: 'waiting', waiting: wait }, rolledBack, ...old.candidates] }
    }
    const serving = { card: nextCard, since: clock.ago(5 * minute), verified: true }
    return {
      ...old,
      running: serving,
      candidates: [
        { ...nextEntry, state: 'verified', waiting: null },
        { ...entry, state: 'verified', waiting: null, message: null },
        ...old.candidates,
      ],
    }
  })
  const order = stop(clock, 12 * minute, { commit: its.commit, candidate: its.digest, run: failed.id })
  const failure = steps(clock, 'production/check/smoke', 'failed', 12 * minute, {
    message: why,
    tests: {
      total: 4,
      failed: 1,
      skipped: 0,
      failures: [
        {
          name: 'a visitor can check out',
          message: 'expected 200, got 500\n  at test/smoke.js:18:11\n  GET http://127.0.0.1:41010/checkout',
        },
      ],
    },
  })
  return fixtureOf(
    clock,
    streamOf(stages, [next, failed, ...history(clock)], { line: { status: 'stopped', stops: [order] } }),
    [withSteps(failed, failure), withSteps(next, steps(clock, 'production/gate', 'waiting', 5 * minute, { waiting: wait }))],
    {
      [`${failed.id} production/check/smoke`]: {
        text: `${log}\n\x1b[31m✗ a visitor can check out\x1b[0m\n  expected 200, got 500\n`,
        complete: true,
      },
    },
  )
}

function red(clock: Clock): Fixture {
  const its = card(clock, 'Ada Okafor', bad, 8 * minute)
  const message = 'check "unit" failed: 3 of 48 tests'
  const failed = run(clock, 'Ada Okafor', bad, 7 * minute, { state: 'failed', stage: 'dev', message })
  const failures = ['cart adds up to the cent', 'an invoice shows the same sum as the cart', 'a discount of a third is rounded once'].map(
    (name) => ({
      name,
      message: `AssertionError: expected 1999 to be 19.99\n\n- Expected  19.99\n+ Received  1999\n\n  at test/cart.test.js:42:18`,
    }),
  )
  const fixing = run(clock, 'Ada Okafor', fix, 12, {
    state: 'running',
    finishedAt: null,
    stage: null,
    candidate: null,
    fixesStop: 'stop-7f3a91c2',
  })
  const stages = idle(clock).streams[0]!.stages.map((old): StageView =>
    old.name === 'dev'
      ? {
          ...old,
          candidates: [
            { card: its, run: failed.id, state: 'failed', since: clock.ago(6 * minute), waiting: null, message },
            ...old.candidates,
          ],
        }
      : old,
  )
  const itsSteps = steps(clock, 'dev/check/unit', 'failed', 6 * minute, { message, tests: { total: 48, failed: 3, skipped: 1, failures } })
  return fixtureOf(
    clock,
    streamOf(stages, [fixing, failed, ...history(clock)]),
    [withSteps(failed, itsSteps), withSteps(fixing, steps(clock, 'build', 'running', 5))],
    {
      [`${failed.id} dev/check/unit`]: {
        text: `${log}\n${failures.map((f) => `\x1b[31m✗ ${f.name}\x1b[0m\n${f.message}\n`).join('\n')}`,
        complete: true,
      },
    },
  )
}

function busy(clock: Clock): Fixture {
  const authors = ['Mia Tanaka', 'Brent Osei', 'Ada Okafor', 'Sarah Lindqvist']
  const topics = ['cart', 'search', 'invoice', 'stock', 'login', 'prices', 'mail', 'front page']
  const summary = (i: number) => `Improve the ${topics[i % topics.length]}, part ${i + 1}`
  const places = ['acceptance', 'security', 'dev', 'production', 'queued', 'queued'] as const
  const runs = Array.from({ length: 20 }, (_, i) => {
    const place = places[i]
    const base = { finishedAt: null, state: 'running' } as const
    if (place === 'queued')
      return run(clock, authors[i % 4]!, summary(i), 20 + i, { ...base, state: 'queued', stage: null, candidate: null })
    if (place !== undefined) return run(clock, authors[i % 4]!, summary(i), 30 + i * 14, { ...base, stage: place })
    const failed = i % 5 === 2
    return run(
      clock,
      authors[i % 4]!,
      summary(i),
      i * 12 * minute,
      failed
        ? {
            state: i % 2 === 0 ? 'failed' : 'cancelled',
            stage: 'acceptance',
            message: failed && i % 2 === 0 ? 'check "browser" failed: 1 of 31 tests' : null,
          }
        : {},
    )
  })
  const entry = (i: number, state: 'running' | 'verified') => ({
    card: card(clock, authors[i % 4]!, summary(i), 60 + i * 14),
    run: runs[i]!.id,
    state,
    since: clock.ago(6 + i),
    waiting: null,
    message: null,
  })
  const serving = (i: number) => ({
    card: card(clock, authors[i % 4]!, summary(i), i * 12 * minute),
    since: clock.ago(i * 11 * minute),
    verified: true,
  })
  const stages = [
    stage('dev', [], {
      checks: ['unit', 'lint', 'types'],
      running: serving(6),
      candidates: [entry(2, 'running'), entry(0, 'verified'), entry(1, 'verified'), entry(6, 'verified'), entry(8, 'verified')],
    }),
    stage('acceptance', ['dev'], {
      checks: ['browser', 'integration'],
      running: serving(6),
      candidates: [entry(0, 'running'), entry(3, 'verified'), entry(6, 'verified')],
    }),
    stage('security', ['dev'], {
      checks: ['dependencies', 'secrets'],
      environment: null,
      strategy: null,
      candidates: [entry(1, 'running'), entry(3, 'verified')],
    }),
    stage('load', ['dev'], {
      checks: ['a thousand orders'],
      environment: { id: 'parts-unlimited/load', ephemeral: true, state: 'absent', urls: {} },
      candidates: [entry(3, 'verified')],
    }),
    stage('production', ['acceptance', 'security', 'load'], {
      checks: ['smoke'],
      running: serving(8),
      candidates: [entry(3, 'running'), entry(8, 'verified')],
    }),
  ]
  const views = runs.slice(0, 4).map((summary) =>
    withSteps(
      summary,
      steps(clock, 'dev/check/unit', 'running', 4).map((step) => ({ ...step, stage: step.stage === 'dev' ? summary.stage : step.stage })),
    ),
  )
  const other = idle(clock).streams[0]!
  const halted = { ...stopped(clock).streams[0]!, stream: 'warehouse' }
  return fixtureOf(clock, streamOf(stages, runs), views, {}, [halted, { ...other, stream: 'billing' }])
}

/** An estate of many services, one of them whole. */
function many(clock: Clock): Fixture {
  return { ...approval(clock), more: estateOf(clock, 240) }
}

const makers = {
  fresh,
  idle,
  running: (clock: Clock) => running(clock, 'test'),
  approval: (clock: Clock) => approval(clock),
  soaking,
  stopped,
  red,
  busy,
  many,
  long: longNames,
}
export type FixtureName = keyof typeof makers
export const fixtureNames = Object.keys(makers) as FixtureName[]

export function fixture(name: FixtureName, now: number): Fixture {
  return makers[name](clockAt(now))
}
