import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backfill } from '../connectors/gitlab/backfill.ts'
import { changeHistory } from '../flow/history/changes.ts'
import { incidentHistory } from '../flow/history/projection.ts'
import { eventOf } from '../flow/history/record.ts'
import { runHistory, taskHistory } from '../flow/history/runs.ts'
import { rowsOf } from '../ledger/rows.ts'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'

const day = (n: number) => new Date(Date.UTC(2026, 2, n, 12)).toISOString()
const asking = { token: 'a-token', tell: () => {}, sleep: async () => {}, now: Date.now }
const shop = { name: 'acme/tools/shop', stream: 'shop', incidentLabel: 'incident', incidentEnvironment: 'production' }

describe('what GitLab knows of the past', () => {
  const commit = 'c'.repeat(40)
  const request = {
    iid: 3,
    title: 'Cart',
    state: 'merged',
    draft: false,
    target_branch: 'main',
    sha: commit,
    merge_commit_sha: null,
    squash_commit_sha: null,
    created_at: day(1),
    updated_at: day(3),
    merged_at: day(3),
    closed_at: null,
    author: { id: 1 },
  }
  const pages: Readonly<Record<string, unknown>> = {
    '/merge_requests': [request],
    '/merge_requests/3/notes': [
      { system: false, body: 'mine', created_at: day(1), author: { id: 1 } },
      { system: false, body: 'why?', created_at: day(2), author: { id: 2 } },
      { system: true, body: 'approved this merge request', created_at: day(3), author: { id: 2 } },
    ],
    '/issues': [{ iid: 5, title: 'Down', state: 'closed', created_at: day(4), updated_at: day(5), closed_at: day(5) }],
    '/issues/5/resource_state_events': [{ id: 1, created_at: day(5), state: 'closed' }],
    '/deployments': [{ id: 15, sha: commit, status: 'success', updated_at: day(6), environment: { name: 'production' } }],
    '/pipelines': [{ id: 9, updated_at: day(2) }],
    '/pipelines/9': {
      id: 9,
      sha: commit,
      status: 'success',
      created_at: day(1),
      started_at: day(1),
      finished_at: day(2),
      web_url: 'https://gitlab.example/9',
    },
    '/pipelines/9/jobs': [{ id: 11, name: 'tests', status: 'failed', created_at: day(1), started_at: day(1), finished_at: day(2) }],
  }
  let t: TestThreeways
  let server: Server
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(async () => {
    server.close()
    await t.close()
  })

  /** Speaks the pages of GitLab's API: two items on each, and of a place that is troubled it says first that it was asked too often. */
  async function serve(known: Readonly<Record<string, unknown>>, troubled = new Set<string>()) {
    server = createServer((asked, response) => {
      const url = new URL(asked.url!, `http://${asked.headers.host}`)
      const place = url.pathname.replace('/projects/acme%2Ftools%2Fshop', '')
      const found = known[place]
      if (asked.headers['private-token'] !== 'a-token' || found === undefined) return void response.writeHead(404).end('{}')
      if (troubled.delete(place)) return void response.writeHead(429, { 'retry-after': '1' }).end('{}')
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (!Array.isArray(found)) return void response.writeHead(200, headers).end(JSON.stringify(found))
      const page = Number(url.searchParams.get('page') ?? 1)
      const more = new URL(url)
      more.searchParams.set('page', String(page + 1))
      if (found.length > page * 2) headers['link'] = `<${more.href}>; rel="next"`
      response.writeHead(200, headers).end(JSON.stringify(found.slice((page - 1) * 2, page * 2)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { ...asking, api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  async function fill(host: Awaited<ReturnType<typeof serve>>) {
    for await (const { told } of backfill(host, shop, {}, undefined, day(30)))
      if (told.length > 0)
        await t.threeways.ledger.append([...new Map(told.map((one) => [one.id, eventOf(one, '/hooks/gitlab/acme/tools/shop')])).values()])
  }

  it('is the same as its webhooks tell, and a deployment that both tell of is one', async () => {
    const { secret } = (await t.ask('POST', '/api/hooks', { kind: 'gitlab', repository: 'acme/tools/shop' })).body as { secret: string }
    const deployment = {
      object_kind: 'deployment',
      project: { path_with_namespace: 'acme/tools/shop' },
      deployment_id: 15,
      status: 'success',
      status_changed_at: '2026-03-06 14:00:01 +0200',
      environment: 'production',
      commit_url: `https://gitlab.example/-/commit/${commit}`,
    }
    const headers = { 'content-type': 'application/json', 'x-gitlab-token': secret }
    await t.threeways.app.request('/api/hooks/gitlab/acme/tools/shop', { method: 'POST', body: JSON.stringify(deployment), headers })
    const host = await serve(pages)
    for (let pass = 0; pass < 2; pass++) await fill(host)
    const { db } = t.threeways.ledger
    expect(await rowsOf(db, changeHistory).selectAll().execute()).toMatchObject([
      {
        change: '3',
        state: expect.stringMatching(/ merged$/),
        merge: commit,
        firstReview: expect.stringContaining('03-02'),
        approved: expect.stringContaining('03-03'),
      },
    ])
    expect(await rowsOf(db, runHistory).selectAll().execute()).toMatchObject([{ run: '9', outcome: 'success', stream: 'shop' }])
    expect(await rowsOf(db, taskHistory).selectAll().execute()).toMatchObject([{ task: '9/11', outcome: 'failure' }])
    expect(await rowsOf(db, incidentHistory).selectAll().execute()).toMatchObject([
      { incident: 'acme/tools/shop#5', resolved: expect.any(String) },
    ])
    expect((await t.ask('GET', '/api/flow/shop')).body).toMatchObject({ deployments: 1 })
  })

  it('says of incidents that began anew when they were over in between, and when for good', async () => {
    const changed = (id: number, at: string, state: string) => ({ id, created_at: at, state, resource_type: 'Issue', user: { id: 1 } })
    const incident = { title: 'Down', created_at: day(4), updated_at: day(9) }
    const troubled = new Set(['/issues/5/resource_state_events'])
    const host = await serve(
      {
        '/merge_requests': [],
        '/deployments': [],
        '/pipelines': [],
        '/issues': [
          { ...incident, iid: 5, state: 'closed', closed_at: day(9) },
          { ...incident, iid: 6, state: 'opened', closed_at: null },
          { ...incident, iid: 7, state: 'opened', closed_at: null },
        ],
        // When it was closed, GitLab says a little otherwise in each place.
        '/issues/5/resource_state_events': [
          changed(1, day(5), 'closed'),
          changed(2, day(6), 'reopened'),
          changed(3, day(7), 'closed'),
          changed(4, day(8), 'reopened'),
          changed(5, day(9).replace('.000', '.070'), 'closed'),
        ],
        '/issues/6/resource_state_events': [changed(6, day(5), 'closed'), changed(7, day(6), 'reopened')],
        '/issues/7/resource_state_events': [],
      },
      troubled,
    )
    await fill(host)
    expect(troubled.size).toBe(0)
    const head = await t.threeways.ledger.head()
    await fill(host)
    expect(await t.threeways.ledger.head()).toBe(head)
    const { events } = (await t.ask('GET', '/api/events?after=0')).body as {
      events: { event: { type: string; time: string; data: { subject: { id: string } } } }[]
    }
    const words = (number: number) =>
      events
        .filter(({ event }) => event.data.subject.id === `acme/tools/shop#${number}`)
        .map(({ event }) => `${event.time} ${event.type.split('.')[3]}`)
        .toSorted()
    expect(words(5)).toEqual([4, 5, 6, 7, 8, 9].map((n) => `${day(n)} ${n % 2 === 0 ? 'detected' : 'resolved'}`))
    expect(words(6)).toEqual([4, 5, 6].map((n) => `${day(n)} ${n % 2 === 0 ? 'detected' : 'resolved'}`))
    expect(words(7)).toEqual([`${day(4)} detected`])
    const table = await rowsOf(t.threeways.ledger.db, incidentHistory).selectAll().orderBy('incident').execute()
    expect(table.map(({ resolved, detectedAgain }) => resolved !== null && resolved > detectedAgain!)).toEqual([true, false, false])
  })

  it('and a webhook that says that one began anew leave it open together', async () => {
    const { secret } = (await t.ask('POST', '/api/hooks', { kind: 'gitlab', repository: 'acme/tools/shop' })).body as { secret: string }
    const attributes = {
      iid: 6,
      title: 'Down',
      state: 'opened',
      type: 'Incident',
      action: 'reopen',
      created_at: day(4),
      updated_at: day(6),
    }
    const told = { object_kind: 'issue', project: { path_with_namespace: 'acme/tools/shop' }, object_attributes: attributes, labels: [] }
    await t.threeways.app.request('/api/hooks/gitlab/acme/tools/shop', {
      method: 'POST',
      body: JSON.stringify(told),
      headers: { 'content-type': 'application/json', 'x-gitlab-token': secret },
    })
    const host = await serve({
      ...Object.fromEntries(['/merge_requests', '/deployments', '/pipelines'].map((place) => [place, []])),
      '/issues': [{ iid: 6, title: 'Down', state: 'opened', created_at: day(4), updated_at: day(7), closed_at: null }],
      '/issues/6/resource_state_events': [
        { id: 6, created_at: day(5), state: 'closed' },
        { id: 7, created_at: day(6), state: 'reopened' },
      ],
    })
    await fill(host)
    const [row] = await rowsOf(t.threeways.ledger.db, incidentHistory).selectAll().execute()
    expect([row!.detected, row!.detectedAgain, row!.resolved].map((time) => time?.slice(0, 13))).toEqual(
      [4, 6, 5].map((n) => day(n).slice(0, 13)),
    )
  })
})
