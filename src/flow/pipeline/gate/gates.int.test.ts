import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantOf, type Clock } from '../../../kernel/clock.ts'
import { event } from '../../../ledger/event.ts'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import { holdPlaced } from '../../deployment/events.ts'
import { policyTables } from '../../policy/tables.ts'
import type { ApprovalView, GateView, RunView } from '../schemas.ts'

/** Runs on, and can be set forward. */
function movableClock(): Clock & { forward(ms: number): void } {
  let ahead = 0
  const now = () => Date.now() + ahead
  return {
    now,
    instant: () => instantOf(now()),
    forward(ms) {
      ahead += ms
    },
  }
}

const hourMs = 3_600_000
const policy = `
version: 1
people:
  ada: {emails: [ada@example.org]}
  grace: {emails: [grace@example.org], tokens: [grace, grace-phone]}
  linus: {}
groups:
  release: [ada, grace, linus]
rules:
  - streams: [twice]
    approve: {by: [release], count: 2}
  - streams: [hands]
    approve: {by: [release], author: allowed}
  - streams: [free]
    stages: [dev]
    auto: true
  - streams: ["*"]
    auto: true
    approve: {by: [release, anyone], author: allowed}
    bypass: [grace]
    lift: [grace]
`

describe('the gates of a stage', () => {
  const clock = movableClock()
  const tokens: Record<string, string> = {}
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways({ clock })
    for (const name of ['ada', 'grace', 'grace-phone', 'linus', 'mallory']) {
      const { body } = await t.ask('POST', '/api/tokens', { name, scopes: ['operate', 'deliver'] })
      tokens[name] = (body as { secret: string }).secret
    }
    expect((await t.ask('PUT', '/api/policy', { document: policy, reason: 'begin' })).body).toMatchObject({ version: 1 })
  })
  afterAll(() => t.close())

  async function deliver(stream: string, stages: object[], message = 'Change something') {
    const definition = {
      name: stream,
      services: { web: { 'x-run': { command: ['sleep', '600'] } } },
      'x-threeways': { version: 1, artifact: { build: ['true'], pack: ['app'] }, environments: { lab: {} }, pipeline: { stages } },
    }
    await t.author.write({ 'threeways.yaml': JSON.stringify(definition), app: `${stream} ${message}` })
    await t.author.commit(message)
    return (await t.deliver()).id
  }
  const act = (what: string, id: string, stage: string, who: string, body: object = {}) =>
    t.ask('POST', `/api/runs/${id}/stages/${stage}/${what}`, body, tokens[who])
  const waitingFor = (stage: string, kind: string) => (run: RunView) =>
    run.steps.some(({ name, waiting }) => name === `${stage}/promote` && waiting?.kind === kind)
  const waitOf = ({ steps }: RunView, stage: string) => steps.find(({ name }) => name === `${stage}/promote`)?.waiting
  const refusal = (code: string, detail = '') => ({ code, detail: expect.stringContaining(detail) })
  const told = async (run: string, type: string) => {
    const { body } = await t.ask('GET', `/api/events?chain=${run}&type=dev.cdeventsx.threeways-${type}.0.1.0`)
    return (body as { events: { event: { data: { subject: { content: object } } } }[] }).events.map(
      ({ event: { data } }) => data.subject.content,
    )
  }
  const look = (ms: number) => {
    clock.forward(ms)
    t.threeways.engine.look()
  }

  it('wants as many people as the policy says, and none who wrote the change', async () => {
    const id = await deliver('twice', [{ name: 'production' }])
    const run = await t.until(id, waitingFor('production', 'approval'))
    expect(waitOf(run, 'production')).toMatchObject({
      why: expect.stringContaining("automation may not promote into production (rule 1 of the server's policy); 0 of 2"),
      for: `release (ada, grace, linus): threeways approve ${id} production`,
    })
    expect((await act('approve', id, 'production', 'ada')).body).toMatchObject(refusal('POLICY_FORBIDS', 'ada wrote a part'))
    expect((await act('approve', id, 'production', 'mallory')).body).toMatchObject(refusal('POLICY_FORBIDS', 'release (ada, grace, linus)'))
    expect((await act('approve', id, 'production', 'grace')).status).toBe(200)
    // One person with two tokens is one person.
    await act('approve', id, 'production', 'grace-phone')
    expect(waitOf(await t.until(id, (now) => waitOf(now, 'production')?.why.includes('1 of 2') === true), 'production')).not.toBeNull()
    await act('approve', id, 'production', 'linus', { reason: 'looked at it' })
    expect((await t.ended(id)).state).toBe('succeeded')
    expect(await told(id, 'promotion.approved')).toMatchObject([
      { by: 'grace' },
      { by: 'grace-phone' },
      { by: 'linus', reason: 'looked at it' },
    ])
  })

  it('counts the authors of everything that would be promoted, also those who wrote with others', async () => {
    const id = await deliver('twice', [{ name: 'production' }], 'Pair\n\nCo-authored-by: Linus <linus@elsewhere.org>')
    await t.until(id, waitingFor('production', 'approval'))
    expect((await act('approve', id, 'production', 'grace')).body).toMatchObject(
      refusal('POLICY_FORBIDS', 'does not say who commits as "Linus"'),
    )
    await t.ask('POST', `/api/runs/${id}/cancel`, { reason: 'enough' })
    await t.ended(id)
  })

  it('takes what the policy says now, not what it said when somebody approved', async () => {
    const id = await deliver('hands', [{ name: 'production', gate: { approve: { from: ['release'], count: 2, reason: 'required' } } }])
    await t.until(id, waitingFor('production', 'approval'))
    expect((await act('approve', id, 'production', 'grace')).body).toMatchObject(refusal('REASON_MISSING'))
    await act('approve', id, 'production', 'ada', { reason: 'mine, and good' })
    await t.until(id, (run) => waitOf(run, 'production')?.why.includes('1 of 2') === true)
    const stricter = policy.replace(
      'streams: [hands]\n    approve: {by: [release], author: allowed}',
      'streams: [hands]\n    approve: {by: [release]}',
    )
    await t.ask('PUT', '/api/policy', { document: stricter, reason: 'authors ask others' })
    await t.until(id, (run) => waitOf(run, 'production')?.why.includes('0 of 2') === true)
    await t.ask('PUT', '/api/policy', { document: policy, reason: 'back' })
    await act('approve', id, 'production', 'grace', { reason: 'fine' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('a rejection ends the wait and says why', async () => {
    const id = await deliver('hands', [{ name: 'production' }], 'Bad idea')
    await t.until(id, waitingFor('production', 'approval'))
    expect((await act('reject', id, 'production', 'grace')).body).toMatchObject(refusal('REASON_MISSING'))
    expect((await act('reject', id, 'production', 'mallory', { reason: 'no' })).body).toMatchObject(refusal('POLICY_FORBIDS'))
    await act('reject', id, 'production', 'grace', { reason: 'wrong prices' })
    expect(await t.ended(id)).toMatchObject({ state: 'cancelled', message: 'rejected by grace: wrong prices' })
    expect(await told(id, 'gate.waited')).toMatchObject([{ gate: 'approval', end: 'rejected' }])
  })

  it('what no rule speaks of waits, and says so', async () => {
    await t.ask('PUT', '/api/policy', { document: policy.slice(0, policy.indexOf('  - streams: ["*"]')), reason: 'only what is named' })
    const id = await deliver('free', [{ name: 'dev' }, { name: 'production', after: ['dev'] }])
    const run = await t.until(id, waitingFor('production', 'policy'))
    expect(statesOf(run)['dev/conclude']).toBe('succeeded')
    expect(waitOf(run, 'production')?.why).toBe("no rule of the server's policy speaks of production in free")
    expect((await act('approve', id, 'production', 'grace')).body).toMatchObject(refusal('POLICY_GRANTS_NOTHING'))
    await t.ask('PUT', '/api/policy', { document: policy, reason: 'everything again' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('a policy that cannot be read lets nobody in', async () => {
    const { ledger } = t.threeways
    const row = { version: 99, document: 'version: 2', digest: 'x', by: 'nobody', reason: 'from another time', setAt: clock.instant() }
    await policyTables(ledger).insertInto('policy').values(row).execute()
    const id = await deliver('unread', [{ name: 'dev' }])
    expect(waitOf(await t.until(id, waitingFor('dev', 'policy')), 'dev')?.why).toContain('cannot be read')
    await policyTables(ledger).deleteFrom('policy').where('version', '=', 99).execute()
    t.threeways.engine.look()
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('lets a candidate soak, also over a restart, and goes on by itself', async () => {
    const stages = [{ name: 'dev' }, { name: 'production', after: ['dev'], gate: { soak: '2h' } }]
    const id = await deliver('soak', stages)
    const run = await t.until(id, waitingFor('production', 'soak'))
    const verified = run.steps.find(({ name }) => name === 'dev/conclude')!.finishedAt!
    expect(waitOf(run, 'production')?.until).toBe(instantOf(Date.parse(verified) + 2 * hourMs))
    await t.restart()
    look(2 * hourMs - 1000 - (clock.now() - Date.parse(verified)))
    expect((await t.run(id)).state).toBe('waiting')
    // The last second passes by itself: a timer is set, by the server that was started since.
    expect((await t.ended(id)).state).toBe('succeeded')
    expect(await told(id, 'gate.waited')).toMatchObject([{ gate: 'soak', end: 'opened' }])
  })

  it('lets in outside a window only whom the policy lets, with a reason, and until it would have opened', async () => {
    const tomorrow = new Date(clock.now() + 24 * hourMs).toISOString().slice(0, 10)
    const stages = [{ name: 'dev' }, { name: 'production', after: ['dev'], gate: { soak: '1h', freeze: `2026-01-01..${tomorrow} UTC` } }]
    const id = await deliver('frozen', stages)
    const run = await t.until(id, waitingFor('production', 'soak'))
    expect((await act('bypass', id, 'production', 'linus', { reason: 'hurry' })).body).toMatchObject(refusal('POLICY_FORBIDS', 'grace'))
    expect((await act('bypass', id, 'production', 'grace')).body).toMatchObject(refusal('REASON_MISSING'))
    await act('bypass', id, 'production', 'grace', { reason: 'hotfix', gate: 'soak' })
    const frozen = waitOf(await t.until(id, waitingFor('production', 'window')), 'production')!
    expect(frozen.until).toBe(instantOf(Date.parse(`${tomorrow}T00:00Z`) + 24 * hourMs))
    expect((await act('bypass', id, 'production', 'grace', { reason: 'again', gate: 'soak' })).body).toMatchObject(
      refusal('NOTHING_TO_BYPASS'),
    )
    await act('bypass', id, 'production', 'grace', { reason: 'hotfix' })
    const ended = await t.ended(id)
    expect(ended.state).toBe('succeeded')
    expect(ended.bypasses).toMatchObject([
      { stage: 'production', gate: 'soak', by: 'grace', reason: 'hotfix' },
      { stage: 'production', gate: 'window', by: 'grace', reason: 'hotfix', until: frozen.until },
    ])
    expect(await told(id, 'gate.bypassed')).toMatchObject([
      { gate: 'soak', by: 'grace' },
      { gate: 'window', reason: 'hotfix', until: frozen.until },
    ])
    expect((await told(id, 'gate.waited')).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toMatchObject([
      { candidate: run.candidate, gate: 'soak', end: 'bypassed' },
      { gate: 'window', end: 'bypassed' },
    ])
  })

  it('shows whoever asks what waits for people, what it would bring, and what they may do', async () => {
    const stages = [{ name: 'dev' }, { name: 'production', after: ['dev'], gate: { approve: { from: ['release'] }, soak: '1h' } }]
    const first = await deliver('inbox', stages, 'First')
    const inbox = async (who: string) =>
      ((await t.ask('GET', '/api/approvals?stream=inbox', undefined, tokens[who])).body as { approvals: ApprovalView[] }).approvals
    await t.until(first, waitingFor('production', 'approval'))
    expect(await inbox('linus')).toMatchObject([
      {
        run: first,
        stage: 'production',
        who: 'release (ada, grace, linus)',
        approvals: { needed: 1, given: [], reason: false },
        waiting: { kind: 'approval' },
        also: [{ kind: 'soak', until: expect.any(String) }],
        can: ['approve', 'reject'],
        differs: null,
      },
    ])
    expect((await inbox('grace'))[0]?.can).toEqual(['approve', 'reject', 'bypass'])
    expect((await inbox('mallory'))[0]?.can).toEqual(['reject'])
    await act('approve', first, 'production', 'linus', { reason: 'fine' })
    await t.until(first, waitingFor('production', 'soak'))
    look(hourMs)
    await t.ended(first)
    const second = await deliver('inbox', stages, 'Second')
    await t.until(second, waitingFor('production', 'approval'))
    expect((await inbox('ada'))[0]?.differs).toMatchObject({
      commitsTotal: 1,
      commits: [{ summary: 'Second', author: 'Ada Lovelace' }],
      unknown: null,
    })
    await act('reject', second, 'production', 'grace', { reason: 'not on a Friday' })
    await t.ended(second)
    expect(await inbox('ada')).toEqual([])
    const { gates } = (await t.ask('GET', '/api/gates?stream=inbox')).body as { gates: GateView[] }
    const of = (gate: string) => gates.find((row) => row.stage === 'production' && row.gate === gate)
    expect(of('approval')).toMatchObject({
      asked: 2,
      delayed: 2,
      waiting: 0,
      waitedMs: { p50: expect.any(Number) },
      caught: { rejected: 1 },
    })
    expect(of('window')).toMatchObject({ asked: 2, delayed: 0, waitedMs: null, bypassed: 0 })
    expect(of('soak')?.waitedMs?.max).toBeGreaterThan(hourMs - 60_000)
  })

  describe('holds', () => {
    const stages = [{ name: 'dev' }, { name: 'production', after: ['dev'], auto: false }]
    async function hold({ stream, candidate, commit, id }: RunView, stage: string) {
      const { ledger, workshop } = t.threeways
      const envelope = {
        id: workshop.newId(),
        time: clock.instant(),
        source: '/threeways/pipeline',
        subject: `${stream}/${stage}/${candidate}`,
      }
      await ledger.append([event(holdPlaced, envelope, { stream, stage, candidate: candidate!, commit, reason: 'it broke', run: id })])
    }
    const held = async (stream: string) => (await t.stream(stream)).stages.flatMap((stage) => stage.held)

    it('keep a candidate out when its commit is delivered again, and out of every later stage', async () => {
      const id = await deliver('held', stages)
      const run = await t.until(id, waitingFor('production', 'approval'))
      await hold(run, 'dev')
      expect(waitOf(await t.until(id, waitingFor('production', 'hold')), 'production')?.why).toContain('was rolled back in dev: it broke')
      expect((await t.ask('GET', '/api/holds?stream=held')).body).toMatchObject({
        holds: [{ stage: 'dev', commit: run.commit, reason: 'it broke' }],
      })
      const { gates } = (await t.ask('GET', '/api/gates?stream=held')).body as { gates: GateView[] }
      // It waited for an approval when it was found to be bad: that wait has caught something.
      expect(gates.find(({ stage, gate }) => stage === 'production' && gate === 'approval')?.caught.held).toBe(1)
      const again = (await t.deliver()).id
      await t.until(again, waitingFor('dev', 'hold'))
      expect((await t.run(again)).candidate).toBe(run.candidate)
      expect((await act('promote', again, 'dev', 'linus', { reason: 'I think so' })).body).toMatchObject(refusal('POLICY_FORBIDS', 'grace'))
      const lift = (who: string, reason: string) =>
        t.ask('POST', '/api/streams/held/holds/lift', { stage: 'dev', candidate: run.commit.slice(0, 8), reason }, tokens[who])
      expect((await lift('linus', 'no')).body).toMatchObject(refusal('POLICY_FORBIDS'))
      expect((await lift('grace', ' ')).body).toMatchObject(refusal('REASON_MISSING'))
      expect((await lift('grace', 'the network was down')).status).toBe(200)
      expect((await lift('grace', 'twice')).body).toMatchObject(refusal('HOLD_NOT_FOUND'))
      await t.until(again, waitingFor('production', 'approval'))
      await t.ask('POST', `/api/runs/${again}/cancel`, { reason: 'seen' })
      await t.ended(again)
    })

    it('are lifted when people promote a newer candidate that proves itself, and not by automation', async () => {
      const first = await deliver('newer', stages, 'First')
      await t.until(first, waitingFor('production', 'approval'))
      await act('promote', first, 'production', 'grace')
      const run = await t.ended(first)
      await hold(run, 'dev')
      await hold(run, 'production')
      const second = await deliver('newer', stages, 'Second')
      await t.until(second, waitingFor('production', 'approval'))
      expect(await held('newer')).toHaveLength(2)
      await act('promote', second, 'production', 'grace')
      await t.ended(second)
      // Into dev went automation; into production a person.
      expect(await held('newer')).toMatchObject([{ card: { digest: run.candidate } }])
      expect(await told(first, 'hold.lifted')).toMatchObject([
        { stage: 'production', by: 'grace', newer: expect.stringMatching(/^sha256:/) },
      ])
    })
  })
})
