import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeHistory } from '../../flow/history/changes.ts'
import { incidentHistory } from '../../flow/history/projection.ts'
import { runHistory, taskHistory } from '../../flow/history/runs.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { openTestThreeways, type TestThreeways } from '../testing.ts'

type Payload = { readonly repository?: { full_name: string }; readonly action?: string } & Readonly<Record<string, unknown>>
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as { name: string; examples: Payload[] }[]
const used = ['push', 'release', 'pull_request', 'pull_request_review', 'workflow_run', 'workflow_job', 'deployment_status', 'issues']
const examplesOf = (name: string) => examples.find((one) => one.name === name)!.examples
const json = { 'content-type': 'application/json' }

let t: TestThreeways
beforeAll(async () => {
  t = await openTestThreeways()
})
afterAll(() => t.close())

const add = async (kind: string, repository: string, more = {}) =>
  ((await t.ask('POST', '/api/hooks', { kind, repository, ...more })).body as { secret: string }).secret
const send = async (path: string, body: string, headers: Record<string, string>) => {
  const response = await t.threeways.app.request(path, { method: 'POST', body, headers: { ...json, ...headers } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const github = async (repository: string, secret: string, event: string, payload: unknown, headers = {}) => {
  const body = JSON.stringify(payload)
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  return send(`/api/hooks/github/${repository}`, body, { 'x-github-event': event, 'x-hub-signature-256': signature, ...headers })
}
const gitlab = (repository: string, token: string, payload: unknown) =>
  send(`/api/hooks/gitlab/${repository}`, JSON.stringify(payload), { 'x-gitlab-token': token })
const after = async (head: number) => {
  const { events } = (await t.ask('GET', `/api/events?after=${head}`)).body as { events: { event: CloudEvent }[] }
  return events.map(({ event }) => event)
}
const head = () => t.threeways.ledger.head()

describe('webhooks of GitHub', () => {
  it('are taken in as GitHub itself shows them, every kind that is used, in any order and again and again', async () => {
    const all = used.flatMap((name) => examplesOf(name).map((payload) => ({ name, payload })))
    const secrets = new Map<string, string>()
    for (const { payload } of all) {
      const { full_name } = payload.repository!
      if (!secrets.has(full_name)) secrets.set(full_name, await add('github', full_name, { incidentLabel: 'bug' }))
    }
    const begin = await head()
    for (const { name, payload } of all) {
      const { full_name } = payload.repository!
      expect([name, (await github(full_name, secrets.get(full_name)!, name, payload)).status]).toEqual([name, 200])
    }
    const then = await head()
    for (const { name, payload } of all.toReversed())
      await github(payload.repository!.full_name, secrets.get(payload.repository!.full_name)!, name, payload)
    expect(await head()).toBe(then)
    const kinds = new Set((await after(begin)).map(({ type }) => type.replace(/^dev\.cdevents\.|\.\d.*/g, '')))
    for (const kind of [
      'artifact.published',
      'change.created',
      'change.updated',
      'change.reviewed',
      'change.abandoned',
      'service.deployed',
      'incident.detected',
      'pipelinerun.queued',
      'taskrun.finished',
    ])
      expect(kinds).toContain(kind)
  })

  it('say when a request was made, looked at, approved and merged, and when its checks waited and ran', async () => {
    const repository = { full_name: 'acme/shop' }
    const secret = await add('github', 'acme/shop')
    const commit = (digit: string) => digit.repeat(40)
    const pull = {
      number: 7,
      title: 'Cart',
      state: 'open',
      draft: true,
      created_at: '2026-03-01T08:00:00Z',
      updated_at: '2026-03-01T08:00:00Z',
      merged_at: null,
      closed_at: null,
      merge_commit_sha: commit('e'),
      head: { sha: commit('a') },
      base: { ref: 'main' },
    }
    const merged = {
      ...pull,
      state: 'closed',
      draft: false,
      merged_at: '2026-03-02T10:00:00Z',
      closed_at: '2026-03-02T10:00:00Z',
      updated_at: '2026-03-02T10:00:00Z',
      merge_commit_sha: commit('b'),
      head: { sha: commit('c') },
    }
    const review = (id: number, state: string, at: string) =>
      github('acme/shop', secret, 'pull_request_review', { repository, review: { id, state, submitted_at: at }, pull_request: pull })
    await github('acme/shop', secret, 'pull_request', { repository, action: 'closed', pull_request: merged })
    await review(2, 'approved', '2026-03-02T09:00:00Z')
    await github('acme/shop', secret, 'pull_request', { repository, action: 'opened', pull_request: pull })
    await review(1, 'commented', '2026-03-01T12:00:00Z')
    const [change] = await rowsOf(t.threeways.ledger.db, changeHistory).selectAll().where('repository', '=', 'acme/shop').execute()
    expect(change).toMatchObject({
      change: '7',
      title: 'Cart',
      created: expect.stringContaining('03-01T08'),
      firstReview: expect.stringContaining('03-01T12'),
      approved: expect.stringContaining('03-02T09'),
      merged: expect.stringContaining('03-02T10'),
      merge: commit('b'),
      head: commit('c'),
    })
    const run = {
      id: 42,
      name: 'CI',
      head_sha: commit('c'),
      created_at: '2026-03-01T08:00:10Z',
      run_started_at: '2026-03-01T08:00:10Z',
      updated_at: '2026-03-01T08:09:00Z',
    }
    const job = {
      id: 43,
      run_id: 42,
      name: 'tests',
      head_sha: commit('c'),
      created_at: '2026-03-01T08:00:12Z',
      started_at: '2026-03-01T08:03:00Z',
      completed_at: '2026-03-01T08:08:00Z',
      conclusion: 'failure',
    }
    await github('acme/shop', secret, 'workflow_run', {
      repository,
      action: 'completed',
      workflow_run: { ...run, status: 'completed', conclusion: 'failure' },
    })
    await github('acme/shop', secret, 'workflow_job', { repository, action: 'completed', workflow_job: { ...job, status: 'completed' } })
    const source = '/hooks/github/acme/shop'
    expect(await rowsOf(t.threeways.ledger.db, runHistory).selectAll().where('source', '=', source).execute()).toMatchObject([
      { run: '42', name: 'CI', commit: commit('c'), stream: 'shop', outcome: 'failure', finished: expect.stringContaining('08:09') },
    ])
    expect(await rowsOf(t.threeways.ledger.db, taskHistory).selectAll().where('source', '=', source).execute()).toMatchObject([
      {
        task: '42/43',
        name: 'tests',
        queued: expect.stringContaining('08:00:12'),
        started: expect.stringContaining('08:03'),
        outcome: 'failure',
      },
    ])
  })

  it('say that what was given up or over has begun anew', async () => {
    const repository = { full_name: 'acme/again' }
    const secret = await add('github', 'acme/again')
    const sent = async (event: string, payload: object) =>
      expect((await github('acme/again', secret, event, { repository, ...payload })).status).toBe(200)
    const at = (hour: number) => `2026-03-01T${String(hour).padStart(2, '0')}:00:00Z`
    const issue = {
      number: 1,
      title: 'Down',
      state: 'closed',
      created_at: at(8),
      updated_at: at(9),
      closed_at: at(9),
      labels: [{ name: 'incident' }],
    }
    await sent('issues', { issue: { ...issue, state: 'open', state_reason: 'reopened', updated_at: at(10), closed_at: null } })
    await sent('issues', { issue })
    const pull = {
      number: 2,
      title: 'Cart',
      state: 'closed',
      created_at: at(8),
      updated_at: at(9),
      merged_at: null,
      closed_at: at(9),
      head: { sha: 'a'.repeat(40) },
      base: { ref: 'main' },
    }
    await sent('pull_request', { pull_request: { ...pull, state: 'open', closed_at: null, updated_at: at(10) } })
    await sent('pull_request', { pull_request: pull })
    const { failures } = (await t.ask('GET', '/api/keys/again?rows=true&days=3660')).body as { failures?: { resolved: string | null }[] }
    const { db } = t.threeways.ledger
    const [incident] = await rowsOf(db, incidentHistory).selectAll().where('stream', '=', 'again').execute()
    expect(incident!.resolved! < incident!.detectedAgain!).toBe(true)
    for (const { resolved } of failures ?? []) expect(resolved).toBeNull()
    expect(await rowsOf(db, changeHistory).select(['state']).where('repository', '=', 'acme/again').execute()).toMatchObject([
      { state: expect.stringMatching(/ open$/) },
    ])
  })

  it('record nothing that is not signed, cut off, about another repository, or not as documented', async () => {
    const secret = await add('github', 'acme/cart')
    const repository = { full_name: 'acme/cart' }
    const begin = await head()
    const refused = async (answer: Promise<{ status: number; body: Record<string, unknown> }>) => {
      const { status, body } = await answer
      return [status, body['code']]
    }
    expect(await refused(github('acme/cart', 'another secret', 'issues', { repository }))).toEqual([401, 'HOOK_UNSIGNED'])
    expect(await refused(github('acme/cart', secret, 'issues', { repository }, { 'x-hub-signature-256': '' }))).toEqual([
      401,
      'HOOK_UNSIGNED',
    ])
    expect(await refused(github('acme/none', '', 'issues', { repository }))).toEqual([401, 'HOOK_UNSIGNED'])
    const cut = JSON.stringify({ repository }).slice(0, -2)
    const signature = `sha256=${createHmac('sha256', secret).update(cut).digest('hex')}`
    const headers = { 'x-github-event': 'issues', 'x-hub-signature-256': signature }
    expect(await refused(send('/api/hooks/github/acme/cart', cut, headers))).toEqual([400, 'HOOK_INVALID'])
    expect(
      await refused(send('/api/hooks/github/acme/cart', cut, { ...headers, 'content-type': 'application/x-www-form-urlencoded' })),
    ).toEqual([400, 'HOOK_INVALID'])
    expect(await refused(github('acme/cart', secret, 'issues', { repository: { full_name: 'acme/shop' } }))).toEqual([
      403,
      'HOOK_ELSEWHERE',
    ])
    expect(await refused(github('acme/cart', secret, 'issues', { repository, issue: { number: 'seven' } }))).toEqual([400, 'HOOK_INVALID'])
    expect(await refused(github('acme/cart', secret, 'issues', { repository, much: 'x'.repeat(6e6) }))).toEqual([413, 'BODY_TOO_LARGE'])
    expect(await github('acme/cart', secret, 'star', { repository })).toEqual({ status: 202, body: { used: false, events: 0 } })
    expect((await github('acme/cart', secret, 'ping', { zen: 'x' })).status).toBe(202)
    expect(await head()).toBe(begin)
    expect((await t.ask('DELETE', '/api/hooks/github/acme/cart')).status).toBe(200)
    expect(await refused(github('acme/cart', secret, 'ping', { repository }))).toEqual([401, 'HOOK_UNSIGNED'])
  })

  it('are let in by the owner alone, who sees the secret once', async () => {
    const { secret } = (await t.ask('POST', '/api/tokens', { name: 'dev', scopes: ['deliver'] })).body as { secret: string }
    expect((await t.ask('POST', '/api/hooks', { kind: 'github', repository: 'acme/mine' }, secret)).status).toBe(403)
    expect((await t.ask('POST', '/api/hooks', { kind: 'github', repository: '../x' })).status).toBe(400)
    const made = await add('github', 'acme/mine')
    expect(await t.ask('POST', '/api/hooks', { kind: 'github', repository: 'acme/mine' })).toMatchObject({
      status: 409,
      body: { code: 'HOOK_EXISTS' },
    })
    const { body } = await t.ask('GET', '/api/hooks')
    expect(JSON.stringify(body)).toContain('acme/mine')
    expect(JSON.stringify([body, (await t.ask('GET', '/api/secrets')).body, await after(0)])).not.toContain(made)
  })
})

describe('webhooks of GitLab', () => {
  const project = { path_with_namespace: 'acme/tools/shop' }
  const commit = 'd'.repeat(40)
  it('say the same of merge requests, pipelines, jobs, deployments and incidents', async () => {
    const token = await add('gitlab', 'acme/tools/shop', { stream: 'shop-lab' })
    const tell = (payload: object) => gitlab('acme/tools/shop', token, { project, ...payload })
    const request = {
      iid: 3,
      state: 'opened',
      action: 'open',
      title: 'Cart',
      target_branch: 'main',
      draft: false,
      created_at: '2026-03-01 08:00:00 UTC',
      updated_at: '2026-03-01 08:00:00 UTC',
      last_commit: { id: commit },
    }
    const begin = await head()
    for (const attributes of [
      request,
      { ...request, action: 'approved', updated_at: '2026-03-01 09:00:00 UTC' },
      { ...request, state: 'merged', action: 'merge', updated_at: '2026-03-01T10:00:00Z', merge_commit_sha: commit },
    ])
      expect(await tell({ object_kind: 'merge_request', object_attributes: attributes })).toMatchObject({
        status: 200,
        body: { used: true },
      })
    const pipeline = {
      id: 9,
      sha: commit,
      status: 'success',
      created_at: '2026-03-01 08:00:00 UTC',
      finished_at: '2026-03-01 08:10:00 UTC',
      queued_duration: 30,
      url: 'https://gitlab.example/acme/tools/shop/-/pipelines/9',
    }
    expect((await tell({ object_kind: 'pipeline', object_attributes: pipeline })).body).toEqual({ used: true, events: 3 })
    const job = {
      build_id: 11,
      build_name: 'tests',
      build_status: 'failed',
      build_created_at: '2026-03-01 08:00:00 UTC',
      build_started_at: '2026-03-01 08:02:00 UTC',
      build_finished_at: '2026-03-01 08:05:00 UTC',
      build_queued_duration: 20.4,
      pipeline_id: 9,
      sha: commit,
    }
    expect((await tell({ object_kind: 'build', ...job })).body).toEqual({ used: true, events: 2 })
    // Made with its pipeline, and pending for so long.
    expect(await rowsOf(t.threeways.ledger.db, taskHistory).select('queued').where('task', '=', '9/11').execute()).toMatchObject([
      { queued: expect.stringContaining('08:01:39.6') },
    ])
    const deployment = {
      deployment_id: 15,
      status: 'success',
      status_changed_at: '2026-03-01 11:00:00 +0200',
      environment: 'production',
      commit_url: `https://gitlab.example/acme/tools/shop/-/commit/${commit}`,
    }
    expect((await tell({ object_kind: 'deployment', ...deployment })).body).toEqual({ used: true, events: 1 })
    expect((await tell({ object_kind: 'deployment', ...deployment, deployment_id: 16, status: 'failed' })).body).toEqual({
      used: true,
      events: 1,
    })
    const issue = {
      iid: 5,
      title: 'Checkout is down',
      state: 'closed',
      type: 'Incident',
      created_at: '2026-03-01 12:00:00 UTC',
      updated_at: '2026-03-01 12:30:00 UTC',
      closed_at: '2026-03-01 12:30:00 UTC',
    }
    expect((await tell({ object_kind: 'issue', object_attributes: issue, labels: [] })).body).toEqual({ used: true, events: 2 })
    expect((await tell({ object_kind: 'note' })).status).toBe(202)
    const told = await after(begin)
    expect(told.find(({ type }) => type.includes('service.deployed'))).toMatchObject({
      time: '2026-03-01T09:00:00.000Z',
      data: { customData: { stream: 'shop-lab', version: commit } },
    })
    expect(told.find(({ type }) => type.includes('pipelinerun.started'))).toMatchObject({ time: '2026-03-01T08:00:30.000Z' })
    expect(await rowsOf(t.threeways.ledger.db, incidentHistory).selectAll().where('stream', '=', 'shop-lab').execute()).toMatchObject([
      { incident: 'acme/tools/shop#5', environment: 'production', resolved: expect.stringContaining('12:30') },
    ])
    const again = { ...issue, state: 'opened', action: 'reopen', updated_at: '2026-03-01 13:00:00 UTC', closed_at: null }
    await tell({ object_kind: 'issue', object_attributes: again, labels: [] })
    const [incident] = await rowsOf(t.threeways.ledger.db, incidentHistory).selectAll().where('stream', '=', 'shop-lab').execute()
    expect(incident!.resolved! < incident!.detectedAgain!).toBe(true)
  })

  it('record nothing without the token, or with a time that says no offset', async () => {
    const token = await add('gitlab', 'acme/other')
    const begin = await head()
    expect(await gitlab('acme/other', 'x', { project })).toMatchObject({ status: 401 })
    expect(await gitlab('acme/other', token, { object_kind: 'push', project })).toMatchObject({ status: 403 })
    const deployment = {
      object_kind: 'deployment',
      project: { path_with_namespace: 'acme/other' },
      deployment_id: 1,
      status: 'success',
      status_changed_at: 'soon',
      environment: 'production',
      commit_url: `x/${commit}`,
    }
    expect(await gitlab('acme/other', token, deployment)).toMatchObject({ status: 400, body: { faults: [{ path: '/status_changed_at' }] } })
    expect(await head()).toBe(begin)
  })
})
