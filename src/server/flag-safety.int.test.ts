import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from './testing.ts'

describe('flags', () => {
  let t: TestThreeways
  const publish = (document: string) => t.ask('PUT', '/api/flags', { files: [{ document, file: 'flag.yaml' }], reason: 'a test' })
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  describe('that are rehearsed in the dark', () => {
    const rehearsed = `
flag: presence
owner: talk
purpose: release
expires: 2027-06-30
environments: {production: {state: dark, ready: {rehearsals: 5000, differ: 0.2%, fail: 0.2%}}}
`
    const report = (id: string, compared: number, different = 0, more: object = {}) => ({
      id: `report-${id}`,
      at: Date.now(),
      rehearsals: [
        {
          flag: 'presence',
          revision: 1,
          candidate: { compared, different, failed: 0 },
          noise: { compared: Math.round(compared / 2), different: 0, failed: 0 },
          timeouts: 0,
          dropped: { rate: 3, concurrency: 0, cpu: 0, breaker: 0, unready: 0 },
          differences: different === 0 ? [] : [['name', different, 0]],
          latency: { control: [[200, compared]], candidate: [[220, compared]] },
        },
      ],
      ...more,
    })
    const tell = (body: object) => t.ask('POST', '/api/flag-sets/production/exposures', body)
    const release = (more: object = {}) =>
      t.ask('POST', '/api/flags/presence/stand', { environment: 'production', serve: { on: '1%' }, reason: 'go', ...more })
    const readiness = async () => (await t.ask('GET', '/api/flags/presence/readiness')).body

    it('stay there until rehearsals show what is asked for', async () => {
      await publish(rehearsed)
      expect(await release()).toMatchObject({
        status: 422,
        body: { code: 'FLAG_NOT_READY', detail: expect.stringContaining('it was never rehearsed') },
      })
      expect(await tell(report('one-0001', 2_000))).toMatchObject({ status: 202 })
      expect(await readiness()).toMatchObject({
        ready: 'not yet',
        rehearsals: 2_000,
        against: ['5,000 rehearsals are asked for', expect.stringContaining('may differ'), expect.stringContaining('may fail')],
      })
      await tell(report('two-0002', 8_000))
      expect(await readiness()).toMatchObject({
        ready: 'yes',
        sentence: expect.stringMatching(/^10,000 rehearsals, 0 % differ against 0 % noise, p99 \+\d(\.\d)? ms: ready$/),
      })
      expect(await release()).toMatchObject({ status: 200 })
    })

    it('count what is told twice once', async () => {
      await tell(report('two-0002', 8_000))
      expect(await readiness()).toMatchObject({ rehearsals: 10_000, dropped: 6 })
    })

    it('are not ready when they differ, and say in what; who knows better may say so', async () => {
      await publish(rehearsed.replaceAll('presence', 'typing'))
      await tell({ ...report('three-03', 9_000), rehearsals: [{ ...report('', 9_000, 90).rehearsals[0]!, flag: 'typing' }] })
      const body = (await t.ask('GET', '/api/flags/typing/readiness')).body
      expect(body).toMatchObject({ ready: 'no', differences: [{ difference: 'name', candidate: 90, noise: 0 }] })
      const wish = { environment: 'production', state: 'on', reason: 'the old one was wrong' }
      expect(await t.ask('POST', '/api/flags/typing/stand', wish)).toMatchObject({ status: 422 })
      expect(await t.ask('POST', '/api/flags/typing/stand', { ...wish, unready: true })).toMatchObject({ status: 200 })
    })

    it('refuse reports that cannot be', async () => {
      for (const wrong of [
        { ...report('huge-001', 1), metrics: [{ unit: 'a', metric: 'm', n: 1, sum: 1e300, sumsq: 1 }] },
        { id: 'x' },
        report('four-004', -1),
        { ...report('five-005', 1), metrics: [{ unit: 'a', metric: 'm', n: 1, sum: 'Infinity', sumsq: 1 }] },
      ])
        expect(await tell(wrong)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    })
  })

  describe('that are ramped beside guardrails', () => {
    const guarded = (name: string, action: string) => `
flag: ${name}
owner: talk
purpose: release
expires: 2027-06-30
environments:
  production:
    state: ramp
    ramp:
      steps: [{share: 50%, hold: 1d}, {share: 100%}]
      guardrails: [{metric: ${name}-errors, kind: binary, action: ${action}}]
`
    /** Units of both arms, of which the given shares fail. */
    async function visits(name: string, failing: Readonly<Record<string, number>>, count = 1_200) {
      for (const arm of ['off', 'on']) {
        const units = Array.from({ length: count / 2 }, (_, index) => `${name}-${arm}-${index}`)
        const exposures = units.map((unit) => ({ unit, flag: name, revision: 1, variant: arm, rule: 'ramp', at: Date.now() }))
        const metrics = units
          .slice(0, Math.round(units.length * failing[arm]!))
          .map((unit) => ({ unit, metric: `${name}-errors`, n: 1, sum: 1, sumsq: 1 }))
        expect(
          await t.ask('POST', '/api/flag-sets/production/exposures', {
            id: `guard-${name}-${arm}-${count}`,
            at: Date.now(),
            exposures,
            metrics,
          }),
        ).toMatchObject({ status: 202 })
      }
    }
    const settles = async (name: string, holds: (setting: { state: string; plan: { paused: string | null } | null }) => boolean) => {
      for (;;) {
        const { environments, revisions } = (await t.ask('GET', `/api/flags/${name}`)).body as {
          environments: [{ state: string; plan: { paused: string | null } | null }]
          revisions: readonly object[]
        }
        if (holds(environments[0])) return revisions[0]
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }

    it('are turned off where harm is shown, and say which', async () => {
      await publish(guarded('reader', 'turn back'))
      await visits('reader', { off: 0.05, on: 0.3 })
      expect(await settles('reader', ({ state }) => state === 'off')).toMatchObject({
        change: 'turned back',
        by: 'a guardrail',
        reason: expect.stringMatching(/^guardrail: reader-errors is \d+ % more with on$/),
      })
    })

    it('go no further while nobody tells what their guardrails are about', async () => {
      await publish(guarded('mute', 'pause').replace('hold: 1d', 'hold: 1s'))
      expect(await settles('mute', ({ plan }) => plan?.paused != null)).toMatchObject({
        change: 'paused',
        reason: 'guardrail: nobody told of units that have "on" and of others since the step began, so that harm could not be seen',
      })
    })

    it('wait where that was asked for', async () => {
      await publish(guarded('writer', 'pause'))
      await visits('writer', { off: 0.05, on: 0.3 })
      expect(await settles('writer', ({ plan }) => plan?.paused != null)).toMatchObject({ change: 'paused', by: 'a guardrail' })
    })
  })

  describe('that the policy lets nobody change alone', () => {
    const policy = `version: 1
people: {ada: {tokens: [ada, ada-phone]}, grace: {}, bot: {}}
groups: {release: [ada, grace]}
flags:
  - {flags: [pay*], environments: [production], change: [release], approve: {by: [release], count: 1}}
rules: [{auto: true}]
`
    const pay = (serve: string) =>
      `flag: pay\nowner: shop\npurpose: operations\nenvironments: {production: {state: on, serve: ${serve}}, staging: {state: on, serve: ${serve}}}\n`
    const tokens: Record<string, string> = {}
    beforeAll(async () => {
      for (const name of ['ada', 'ada-phone', 'grace', 'bot'])
        tokens[name] = ((await t.ask('POST', '/api/tokens', { name, scopes: ['operate'] })).body as { secret: string }).secret
      await publish(pay('off'))
      expect((await t.ask('PUT', '/api/policy', { document: policy, file: 'policy.yaml', reason: 'four eyes' })).status).toBe(200)
    })
    const as = (who: string, method: string, path: string, body?: unknown) => t.ask(method, path, body, tokens[who])
    const on = { flag: 'pay', stand: { environment: 'production', state: 'on', serve: 'on' }, reason: 'open for payment' }

    it('say so, and to whom it takes', async () => {
      const stand = { environment: 'production', serve: 'on', reason: 'open' }
      expect(await as('ada', 'POST', '/api/flags/pay/stand', stand)).toMatchObject({
        status: 422,
        body: { code: 'FLAG_NEEDS_AGREEMENT', help: expect.stringContaining('release (ada, grace) may agree') },
      })
      expect(await as('bot', 'POST', '/api/flags/pay/stand', stand)).toMatchObject({ status: 403, body: { code: 'FLAG_CHANGE_DENIED' } })
      // Where the rule says nothing everybody may, and the kill switch needs nobody.
      expect(await as('bot', 'POST', '/api/flags/pay/stand', { ...stand, environment: 'staging' })).toMatchObject({ status: 200 })
      expect(await as('bot', 'POST', '/api/flags/pay/kill', { reason: 'fraud' })).toMatchObject({ status: 200 })
      expect(await as('bot', 'POST', '/api/flags/pay/revive', { reason: 'no fraud' })).toMatchObject({ status: 403 })
      expect(await as('ada', 'POST', '/api/flags/pay/revive', { reason: 'no fraud' })).toMatchObject({ status: 422 })
    })

    it('ask nobody about an environment that a file leaves as it is', async () => {
      const { body } = await t.ask('GET', '/api/flags/pay')
      const { document } = body as { document: { environments: Record<string, object> } }
      const staging = { ...document, environments: { ...document.environments, staging: { state: 'off', serve: 'off' } } }
      const files = [{ document: JSON.stringify(staging), file: 'pay.json' }]
      expect(await as('bot', 'PUT', '/api/flags', { files, reason: 'staging only', origin: 'api' })).toMatchObject({ status: 200 })
    })

    it('are changed as soon as another person agrees, and as it was proposed', async () => {
      const proposed = await as('ada', 'POST', '/api/flag-proposals', on)
      expect(proposed).toMatchObject({ status: 201, body: { by: 'ada', flags: ['pay'], closed: null } })
      const path = `/api/flag-proposals/${(proposed.body as { proposal: string }).proposal}`
      // The same person with another token is no other person, and whoever is not asked is none.
      for (const [who, why] of [
        ['ada', '"ada" proposed it: somebody else has to agree'],
        ['ada-phone', '"ada-phone" proposed it, as "ada": somebody else has to agree'],
        ['bot', `the server's policy does not ask "bot" to agree to it`],
      ] as const)
        expect(await as(who, 'POST', `${path}/agree`, {})).toMatchObject({
          status: 403,
          body: { code: 'FLAG_AGREEMENT_DENIED', detail: why },
        })
      // What one agrees to is shown, by the beginning of its name as well.
      expect(await as('grace', 'GET', path.slice(0, -4))).toMatchObject({
        body: {
          would: [
            {
              flag: 'pay',
              changed: { environments: ['production'] },
              would: { environments: expect.arrayContaining([expect.objectContaining({ environment: 'production', serve: 'on' })]) },
            },
          ],
          outdated: null,
        },
      })
      expect(await as('grace', 'POST', `${path}/agree`, { reason: 'seen' })).toMatchObject({
        status: 200,
        body: { published: true, proposal: { closed: { by: 'grace' } } },
      })
      expect((await t.ask('GET', '/api/flags/pay')).body).toMatchObject({
        latest: { by: 'ada', reason: 'open for payment (agreed by grace)' },
      })
      expect(await as('grace', 'POST', `${path}/agree`, {})).toMatchObject({ status: 409, body: { code: 'PROPOSAL_CLOSED' } })
    })

    it('are proposed by those who may change them, and by nobody else', async () => {
      expect(await as('bot', 'POST', '/api/flag-proposals', on)).toMatchObject({
        status: 403,
        body: { code: 'FLAG_CHANGE_DENIED', help: 'release (ada, grace) may' },
      })
    })

    it('are not changed by a file that was proposed before somebody else changed them', async () => {
      const { text } = (await t.ask('GET', '/api/flags/pay')).body as { text: string }
      const set = {
        set: { files: [{ document: text.replace('owner: shop', 'owner: desk'), file: 'pay.yaml' }], over: true },
        reason: 'desk',
      }
      const { proposal } = (await as('ada', 'POST', '/api/flag-proposals', set)).body as { proposal: string }
      await as('bot', 'POST', '/api/flags/pay/stand', { environment: 'staging', serve: { on: '50%' }, reason: 'meanwhile' })
      const path = `/api/flag-proposals/${proposal}`
      expect(await as('grace', 'POST', `${path}/agree`, {})).toMatchObject({ status: 409, body: { code: 'FLAG_CHANGED_MEANWHILE' } })
      await as('grace', 'POST', `${path}/turn-down`, { reason: 'outdated' })
    })

    it('are changed as a file says that was proposed of the revision that stands, and of no other', async () => {
      const { body } = await t.ask('GET', '/api/flags/pay')
      const { text, latest } = body as { text: string; latest: { revision: number } }
      const set = (owner: string) => ({
        set: {
          files: [{ document: text.replace(/^owner: .*$/m, `owner: ${owner}`).replaceAll('serve: on', 'serve: off'), file: 'pay.yaml' }],
          origin: 'api',
          expected: latest.revision,
        },
        reason: 'another owner',
      })
      const [first, second] = await Promise.all(['till', 'desk'].map((owner) => as('ada', 'POST', '/api/flag-proposals', set(owner))))
      expect(first).toMatchObject({ status: 201, body: { flags: ['pay'] } })
      const agree = (of: typeof first) =>
        as('grace', 'POST', `/api/flag-proposals/${(of!.body as { proposal: string }).proposal}/agree`, {})
      expect(await agree(first)).toMatchObject({ status: 200, body: { published: true } })
      expect((await t.ask('GET', '/api/flags/pay')).body).toMatchObject({ owner: 'till', latest: { by: 'ada' } })
      expect((await t.ask('GET', '/api/flag-proposals')).body).toMatchObject({
        proposals: [{ would: [], outdated: expect.stringContaining('"pay" is at revision') }],
      })
      expect(await agree(second)).toMatchObject({ status: 409, body: { code: 'FLAG_CHANGED_MEANWHILE' } })
      const path = `/api/flag-proposals/${(second!.body as { proposal: string }).proposal}`
      await as('grace', 'POST', `${path}/turn-down`, { reason: 'till has it' })
    })

    it('are published or turned down, whatever comes at the same moment', async () => {
      for (let round = 0; round < 8; round++) {
        const { body } = await t.ask('GET', '/api/flags/pay')
        const { revision } = (body as { latest: { revision: number } }).latest
        const wish = { environment: 'production', state: 'ramp', serve: { on: `${round + 1}%` } }
        const proposed = await as('ada', 'POST', '/api/flag-proposals', { flag: 'pay', stand: wish, reason: `round ${round}` })
        const path = `/api/flag-proposals/${(proposed.body as { proposal: string }).proposal}`
        const [agreed, down] = await Promise.all([
          as('grace', 'POST', `${path}/agree`, {}),
          as('grace', 'POST', `${path}/turn-down`, { reason: 'no' }),
        ])
        expect([agreed.status, down.status].toSorted()).toEqual([200, 409])
        const after = (await t.ask('GET', '/api/flags/pay')).body
        expect(after).toMatchObject({ latest: { revision: agreed.status === 200 ? revision + 1 : revision } })
        expect((await t.ask('GET', path)).body).toMatchObject({ closed: { published: agreed.status === 200 } })
      }
    })

    it('are not changed by what was agreed to of another revision', async () => {
      const { body } = await as('ada', 'POST', '/api/flag-proposals', { ...on, stand: { ...on.stand, serve: 'off' } })
      expect(await as('bot', 'POST', '/api/flags/pay/stand', { environment: 'staging', serve: 'off', reason: 'meanwhile' })).toMatchObject({
        status: 200,
      })
      const path = `/api/flag-proposals/${(body as { proposal: string }).proposal}`
      expect(await as('grace', 'POST', `${path}/agree`, {})).toMatchObject({ status: 409, body: { code: 'FLAG_CHANGED_MEANWHILE' } })
      expect(await as('grace', 'POST', `${path}/turn-down`, { reason: 'it is another by now' })).toMatchObject({
        status: 200,
        body: { closed: { published: false } },
      })
      expect((await t.ask('GET', '/api/flag-proposals')).body).toEqual({ proposals: [] })
    })
  })
})
