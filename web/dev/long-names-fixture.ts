import { card, hour, run, stage, steps, stop, waiting, withSteps, type Clock } from './build-fixtures.ts'
import { history, streamOf } from './idle-fixture.ts'
import { fixtureOf, type Fixture } from './story-fixture.ts'

const long =
  'Rückabwicklungs­vorgangs­benachrichtigungs­dienst: make the averyveryverylongidentifierwithoutanyspaceinitthatnobodycanbreak configurable per tenant, region, currency and phase of the moon'

/** Everything longer than anyone would name it. */
export function longNames(clock: Clock): Fixture {
  const name = 'a-stream-with-a-name-that-somebody-thought-would-never-be-shown-on-a-phone-anywhere'
  const stageName = 'pre-production-acceptance-with-customers'
  const its = card(clock, 'Wolfeschlegelsteinhausenbergerdorff Anastasiadou-Papadimitriou', long, 300)
  const wait = waiting(
    clock,
    'gate',
    `the gate "change-advisory-board-of-the-region-emea-and-beyond" of ${stageName} has not decided: it needs evidence of ${'security-scan, '.repeat(5)}and a window`,
    'the change advisory board, or a bypass by platform-on-call@a-very-long-domain-name.example.com',
    4 * hour,
  )
  const active = run(clock, its.author, long, 5 * hour, {
    state: 'waiting',
    finishedAt: null,
    stage: stageName,
    branch: 'feature/averyveryverylongbranchnamewithoutanyspaceinit',
    stream: name,
  })
  const stages = [
    stage('dev', [], { checks: ['unit', 'lint'], running: { card: its, since: clock.ago(300), verified: false } }),
    stage(stageName, ['dev'], {
      checks: Array.from({ length: 9 }, (_, i) => `contract-with-the-consumer-number-${i + 1}`),
      environment: {
        id: `${name}/${stageName}`,
        ephemeral: false,
        state: 'unhealthy',
        urls: { 'customer-facing-storefront-web': 'http://127.0.0.1:41000', 'back-office-administration': 'http://127.0.0.1:41001' },
      },
      running: { card: its, since: clock.ago(86_400 * 400), verified: true },
      candidates: [{ card: its, run: active.id, state: 'waiting', since: clock.ago(4 * hour), waiting: wait, message: null }],
      held: [{ card: its, reason: `${'x'.repeat(180)} was too slow`, since: clock.ago(hour) }],
    }),
    stage('production', [stageName], { environment: { id: `${name}/production`, ephemeral: false, state: 'starting', urls: {} } }),
  ]
  const order = stop(clock, 3 * 86_400, {
    stream: name,
    cause: 'person',
    by: its.author,
    reason: `${'Everybody please look at the payment provider integration, '.repeat(4)}thank you`,
  })
  const second = stop(clock, hour, {
    id: 'stop-second',
    cause: 'red-trunk',
    stream: name,
    reason: `check "${'unit'.repeat(30)}" failed on trunk`,
  })
  const view = withSteps(
    active,
    steps(clock, 'test/gate', 'waiting', 4 * hour, { waiting: wait, title: 'Gate of a stage with a name nobody would believe' }),
  )
  return fixtureOf(
    clock,
    streamOf(stages, [active, ...history(clock)], { stream: name, line: { status: 'stopped', stops: [order, second] } }),
    [view],
  )
}
