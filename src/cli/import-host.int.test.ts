import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backfill } from '../connectors/github/backfill.ts'
import type { Mark } from '../connectors/paged/walk.ts'
import { eventOf } from '../flow/history/record.ts'
import { openTestThreeways, type TestThreeways } from '../server/testing.ts'
import { threeways } from '../../test/command-line.ts'

const day = (n: number) => new Date(Date.UTC(2026, 2, n, 12)).toISOString()
const sha = (n: number) => n.toString(16).padStart(40, '0')
const pull = (number: number) => ({
  number,
  title: `Change ${number}`,
  state: 'closed',
  draft: false,
  created_at: day(number),
  updated_at: day(number + 1),
  merged_at: day(number + 1),
  closed_at: day(number + 1),
  merge_commit_sha: sha(number),
  head: { sha: sha(100 + number) },
  base: { ref: 'main' },
})
const run = (id: number) => ({
  id,
  name: 'CI',
  head_sha: sha(id),
  status: 'completed',
  conclusion: 'success',
  created_at: day(id),
  run_started_at: day(id),
  updated_at: day(id),
  run_attempt: 1,
})
const issue = {
  number: 90,
  title: 'Down',
  state: 'closed',
  created_at: day(3),
  updated_at: day(4),
  closed_at: day(4),
  labels: [{ name: 'incident' }],
}

const asking = { token: undefined, tell: () => {}, sleep: async () => {}, now: Date.now }
const shop = { name: 'acme/shop', stream: 'shop', incidentLabel: 'incident', incidentEnvironment: 'production' }

/** Speaks the pages of GitHub's API: two items on each, and trouble where it is told to make some. */
class Host {
  pulls = [5, 4, 3, 2, 1].map(pull)
  readonly asked: string[] = []
  readonly trouble: ((request: IncomingMessage, response: ServerResponse) => boolean)[] = []
  readonly server: Server = createServer((request, response) => this.#answer(request, response))

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url!)
    const [next] = this.trouble
    if (next?.(request, response) === true) return void this.trouble.shift()
    const url = new URL(request.url!, this.url)
    const place = url.pathname.replace('/repos/acme/shop', '')
    const all = this.#list(place)
    if (all === undefined) return void response.writeHead(404).end('{}')
    const page = Number(url.searchParams.get('page') ?? 1)
    const items = all.items.slice((page - 1) * 2, page * 2)
    const more = new URL(url)
    more.searchParams.set('page', String(page + 1))
    const headers = {
      'content-type': 'application/json',
      ...(all.items.length > page * 2 ? { link: `<${more.href}>; rel="next", <${more.href}>; rel="last"` } : {}),
    }
    response.writeHead(200, headers).end(JSON.stringify(all.within ? { total_count: all.items.length, [all.within]: items } : items))
  }

  #list(place: string): { items: readonly unknown[]; within?: string } | undefined {
    if (place === '/pulls') return { items: this.pulls }
    if (place === '/issues') return { items: [issue] }
    if (place === '/deployments') return { items: [{ id: 1, sha: sha(5), ref: 'main', environment: 'production', created_at: day(6) }] }
    if (place === '/deployments/1/statuses')
      return {
        items: [
          { id: 11, state: 'success', environment: 'production', created_at: day(6) },
          { id: 10, state: 'failure', created_at: day(5) },
        ],
      }
    if (place === '/actions/runs') return { items: [run(3), run(2), run(1)], within: 'workflow_runs' }
    if (/^\/actions\/runs\/\d+\/jobs$/.test(place)) return { items: [], within: 'jobs' }
    if (/^\/pulls\/\d+\/reviews$/.test(place))
      return { items: [{ id: Number(place.split('/')[2]) * 10, state: 'APPROVED', submitted_at: day(2) }] }
    return undefined
  }
}

describe('what GitHub knows of the past', () => {
  let host: Host
  let place: string
  beforeEach(async () => {
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways fill ')))
    host = new Host()
    await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    host.server.close()
    await rm(place, { recursive: true, force: true })
  })
  const cli = (...args: string[]) =>
    threeways(
      {
        cwd: place,
        env: { XDG_DATA_HOME: path.join(place, 'data'), THREEWAYS_HOME: path.join(place, 'home'), GITHUB_TOKEN: 'a-token-nobody-may-see' },
      },
      ...args,
    )
  const fill = (...more: string[]) => cli('import', 'github', 'acme/shop', '--api', host.url, '--json', ...more)
  const told = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as { recorded: number; duplicates: number }

  it('comes in page by page, through a rate limit and a failing host, once, and later only what is new', async () => {
    host.trouble.push(
      (_, response) => Boolean(response.writeHead(502).end('<html>')),
      (_, response) => Boolean(response.writeHead(429, { 'retry-after': '1' }).end('{}')),
    )
    const first = await fill()
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('rate limit is used up; waiting for 2 s') })
    expect(`${first.stdout}${first.stderr}`).not.toContain('a-token')
    // Five changes made, named, reviewed and merged; an incident begun and over; a deployment and one that failed; three runs of three phases.
    expect(told(first)).toMatchObject({ recorded: 20 + 2 + 2 + 9, duplicates: 0 })
    const before = host.asked.length
    const now = new Date(Date.now() + 1000).toISOString()
    host.pulls = [{ ...pull(20), updated_at: now, merged_at: now, closed_at: now }, ...host.pulls]
    expect(told(await fill())).toMatchObject({ recorded: 4 })
    // The page with the new one says that what follows is known, a week of it apart.
    expect(host.asked.length - before).toBeLessThan(before)
  })

  it('goes on at the page where it was killed', async () => {
    const marks: Record<string, Mark> = {}
    for await (const { list, mark } of backfill({ ...asking, api: host.url }, shop, marks, undefined, day(30))) {
      marks[list] = mark
      break
    }
    host.asked.length = 0
    const rest: string[] = []
    for await (const { told: more } of backfill({ ...asking, api: host.url }, shop, marks, undefined, day(31)))
      rest.push(...more.map(({ id }) => id))
    expect(host.asked[0]).toContain('page=2')
    expect(rest.some((id) => id.startsWith('pull-5-'))).toBe(false)
    expect(rest.filter((id) => id.endsWith('merged') || id.includes('-merged-'))).toHaveLength(3)
  })

  it('is refused clearly where the host does not know it, and when the address would give the token away', async () => {
    const about = { name: 'acme/none', stream: 'shop', incidentLabel: 'incident', incidentEnvironment: 'production' }
    const first = (api: string) => backfill({ ...asking, api, token: 'x' }, about, {}, undefined, day(30)).next()
    await expect(first(host.url)).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
      message: expect.stringContaining('/repos/acme/none/pulls'),
    })
    expect(() => first('http://github.example')).toThrow('--api http://github.example is no https address')
    host.trouble.push((_, response) => Boolean(response.writeHead(200, { link: '<https://elsewhere.example/x>; rel="next"' }).end('[]')))
    await expect(first(host.url)).rejects.toThrow('elsewhere.example')
    for (let n = 0; n < 6; n++) host.trouble.push((_, response) => Boolean(response.writeHead(503).end()))
    await expect(first(host.url)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', kind: 'unavailable' })
  })
})

describe('a webhook and what GitHub knows of the past', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  it('tell of the same events', async () => {
    const { secret } = (await t.ask('POST', '/api/hooks', { kind: 'github', repository: 'acme/shop' })).body as { secret: string }
    const hook = async (event: string, payload: object) => {
      const body = JSON.stringify({ repository: { full_name: 'acme/shop' }, ...payload })
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
      const headers = { 'content-type': 'application/json', 'x-github-event': event, 'x-hub-signature-256': signature }
      expect((await t.threeways.app.request('/api/hooks/github/acme/shop', { method: 'POST', body, headers })).status).toBe(200)
    }
    await hook('pull_request', { action: 'closed', pull_request: pull(1) })
    await hook('workflow_run', { action: 'completed', workflow_run: run(1) })
    await hook('issues', { action: 'closed', issue })
    const head = await t.threeways.ledger.head()
    const host = new Host()
    host.pulls = [pull(1)]
    await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve))
    for await (const { told } of backfill({ ...asking, api: host.url }, shop, {}, undefined, day(30)))
      await t.threeways.ledger.append(told.map((one) => eventOf(one, '/hooks/github/acme/shop')))
    host.server.close()
    const { events } = (await t.ask('GET', `/api/events?after=${head}`)).body as { events: { event: { id: string } }[] }
    const more = events.map(({ event }) => event.id.replace(/-[0-9a-f]{16}$/, ''))
    expect(more.filter((id) => /^(pull-1|run-1|issue-90)-/.test(id))).toEqual([])
    expect(more).toContain('deployment-11')
  })
})
