import type {
  ApprovalView,
  Board,
  EnvironmentView,
  EstateRow,
  EstateStage,
  EstateSummary,
  EstateWait,
  StreamView,
} from '../src/api/types.ts'
import { commitOf, digestOf, hour, minute, runOf, stop, type Clock } from './build-fixtures.ts'

/** A row of the estate as the server would make it of a whole stream. */
export function estateRowOf(view: StreamView): EstateRow {
  const latest = view.runs[0]!
  const failed = view.runs.find(({ state }) => state === 'failed')
  const changeOf = ({ commit, author, summary }: { commit: string; author: string; summary: string }) => ({ commit, author, summary })
  const isFinal = (name: string) => !view.stages.some(({ after }) => after.includes(name))
  const live = view.stages.findLast(({ name, running }) => isFinal(name) && running !== null)?.running
  const ahead = live
    ? Math.max(
        0,
        view.runs.findIndex(({ commit }) => commit === live.card.commit),
      )
    : -1
  return {
    stream: view.stream,
    repository: view.repository ?? '',
    stops: view.line.stops,
    stages: view.stages.map(({ name, environment, running, candidates }): EstateStage => ({
      name,
      production: isFinal(name),
      environment: environment === null || environment.ephemeral ? null : environment.id,
      state: environment?.state ?? null,
      running: running === null ? null : { digest: running.card.digest, since: running.since, ...changeOf(running.card) },
      active: (['running', 'waiting'] as const).find((state) => candidates.some((each) => each.state === state)) ?? null,
    })),
    latest: { run: latest.id, state: latest.state, at: latest.queuedAt, ...changeOf(latest) },
    recent: view.runs.slice(0, 12).map(({ state }) => state),
    underWay: view.runs.filter(({ finishedAt }) => finishedAt === null).length,
    waits: view.stages.flatMap(({ name, candidates }) =>
      candidates.flatMap(({ waiting, run, card }): EstateWait[] =>
        waiting === null ? [] : [{ ...waiting, run, step: `${name}/promote`, stage: name, candidate: card.digest, ...changeOf(card) }],
      ),
    ),
    beyond: ahead < 0 ? null : { changes: ahead, since: view.runs[Math.max(0, ahead - 1)]!.committedAt },
    failure:
      failed === undefined
        ? null
        : { run: failed.id, message: failed.message, at: failed.finishedAt ?? failed.queuedAt, ...changeOf(failed) },
  }
}

const domains = ['cart', 'checkout', 'invoice', 'stock', 'search', 'login', 'prices', 'mail', 'orders', 'returns', 'suppliers', 'shipping']
const parts = ['api', 'worker', 'web', 'gateway', 'batch', 'events', 'admin', 'reports']
const authors = ['Mia Tanaka', 'Brent Osei', 'Ada Okafor', 'Sarah Lindqvist', 'Jonas Meier']
const topics = [
  'Keep the currency of a refund',
  'Retry when the supplier is away',
  'Show delivery times on every part',
  'Drop the old price table',
  'Log each order once',
  'Answer 404 for parts that are gone',
]

/** Many services in every standing, the same ones each time. */
export function estateOf(clock: Clock, count: number): EstateRow[] {
  return Array.from({ length: count }, (_, index) => rowAt(clock, index))
}

function rowAt(clock: Clock, index: number): EstateRow {
  const domain = domains[index % domains.length]!
  const name = `${domain}-${parts[Math.floor(index / domains.length) % parts.length]}${index < 96 ? '' : `-${Math.floor(index / 96) + 1}`}`
  const kind =
    index % 19 === 4
      ? 'stopped'
      : index % 23 === 7
        ? 'attention'
        : index % 9 === 2
          ? 'waiting'
          : index % 13 === 6
            ? 'failing'
            : index % 7 === 3
              ? 'moving'
              : 'quiet'
  const change = (age: number) => {
    const summary = `${topics[(index + age) % topics.length]}`
    return { commit: commitOf(`${name} ${summary} ${age}`), author: authors[(index + age) % authors.length]!, summary }
  }
  const [now, before] = [change(0), change(1)]
  const at = clock.ago((index % 50) * 31 * minute + 90)
  const ahead = kind === 'quiet' || kind === 'failing' ? 0 : (index % 5) + 1
  const stageNames = index % 4 === 0 ? ['dev', 'acceptance', 'production'] : ['test', 'production']
  const waiting = (why: string, of: EstateWait['kind'], whom: string): EstateWait => ({
    kind: of,
    why,
    for: whom,
    since: clock.ago((index % 30) * 47 * minute + 240),
    run: runOf(name),
    step: 'production/promote',
    stage: 'production',
    candidate: digestOf(`${name} now`),
    ...now,
  })
  return {
    stream: name,
    repository: `/repositories/${domain}`,
    stops:
      kind === 'stopped'
        ? [
            stop(clock, (index % 7) * 37 * minute + 420, {
              id: `stop-${commitOf(name).slice(0, 6)}`,
              stream: name,
              by: authors[index % 5]!,
              cause: 'person',
              reason: `${domain} answers 500 to one request in ten`,
            }),
          ]
        : [],
    stages: stageNames.map((stage, position): EstateStage => {
      const last = position === stageNames.length - 1
      const runs = last && ahead > 0 ? before : now
      return {
        name: stage,
        production: last,
        environment: `${name}/${stage}`,
        state: kind === 'failing' && last && index % 2 === 0 ? 'unhealthy' : 'ready',
        running: {
          digest: digestOf(`${name} ${runs === now ? 'now' : 'before'}`),
          since: clock.ago((index % 40) * hour + position * 600 + 60),
          ...runs,
        },
        active: kind === 'moving' && position === 0 ? 'running' : kind === 'waiting' && last ? 'waiting' : null,
      }
    }),
    latest: {
      run: runOf(name),
      state:
        kind === 'moving'
          ? 'running'
          : kind === 'waiting'
            ? 'waiting'
            : kind === 'failing'
              ? 'failed'
              : kind === 'attention'
                ? 'needs-attention'
                : 'succeeded',
      at,
      ...now,
    },
    recent: Array.from({ length: 12 }, (_, back) =>
      back === 0 && kind === 'moving'
        ? 'running'
        : back === 0 && kind === 'failing'
          ? 'failed'
          : (index * 7 + back * 5) % 11 === 0
            ? 'failed'
            : 'succeeded',
    ),
    underWay: kind === 'moving' || kind === 'waiting' ? 1 : 0,
    waits:
      kind === 'waiting'
        ? [waiting('production is promoted by a person', 'approval', 'a promotion by anyone with the right to it')]
        : kind === 'attention'
          ? [waiting('the outcome of check "load" was lost with the server', 'attention', 'a person to say whether it passed')]
          : [],
    beyond: { changes: ahead, since: clock.ago((index % 60) * hour + 1800) },
    failure:
      index % 3 === 0
        ? {
            run: runOf(`${name} failed`),
            message: 'check "integration" failed: 2 of 12 tests',
            at: clock.ago(index * 9 * minute),
            ...before,
          }
        : null,
  }
}

export function summaryOf(rows: readonly EstateRow[]): EstateSummary {
  const waits: Record<string, number> = {}
  for (const { kind } of rows.flatMap((row) => row.waits)) waits[kind] = (waits[kind] ?? 0) + 1
  return {
    streams: rows.length,
    stopped: rows.filter(({ stops }) => stops.length > 0).length,
    stops: rows.flatMap(({ stops }) => stops).length,
    underWay: rows.reduce((sum, row) => sum + row.underWay, 0),
    waits,
  }
}

/** The stops of an estate, as their board has them. */
export function boardOf(rows: readonly EstateRow[]): Board {
  const stops = rows
    .flatMap((row) => row.stops)
    .map((open): Board['stops'][number] => ({
      ...open,
      ageMs: Date.now() - Date.parse(open.since),
      stage: null,
      helpers: open.owner === null ? [] : [{ who: open.owner, at: new Date(Date.parse(open.since) + 95_000).toISOString() }],
      notes: [],
      waysOut: [`a commit that says "Fixes-Stop: ${open.id}"`, 'a start by a person, with a reason'],
      ended: null,
      falseStop: null,
    }))
    .toSorted((a, b) => a.since.localeCompare(b.since))
  return { status: stops.length > 0 ? 'stopped' : 'open', at: new Date().toISOString(), stops, over: [] }
}

function canOf(kind: EstateWait['kind']): ApprovalView['can'] {
  if (kind === 'attention') return ['rerun', 'cancel']
  return kind === 'soak' || kind === 'window' ? ['reject', 'bypass'] : ['approve', 'reject', 'promote']
}

/** What waits for a person in an estate. @param can - what the asker may do; else everything */
export function approvalsOf(rows: readonly EstateRow[], can?: ApprovalView['can']): ApprovalView[] {
  return rows.flatMap(({ stream, waits }) =>
    waits
      .filter(({ kind }) => kind !== 'line')
      .map(({ run, step, stage, candidate, commit, author, summary, ...waiting }): ApprovalView => ({
        run,
        stream,
        stage: stage ?? '',
        step,
        candidate,
        commit,
        author,
        summary,
        committedAt: waiting.since,
        waiting,
        also: [],
        who: waiting.for,
        approvals: waiting.kind === 'approval' ? { needed: 1, given: [], reason: false } : null,
        can: can ?? canOf(waiting.kind),
        differs: null,
      })),
  )
}

/** The environments of all stages, as a server would observe them. */
export function environmentsOf(streams: readonly StreamView[]): EnvironmentView[] {
  return streams.flatMap(({ stages }) =>
    stages.flatMap(({ environment, running }): EnvironmentView[] => {
      if (environment === null || environment.ephemeral) return []
      const candidate = running?.card.digest ?? ''
      const base = {
        candidate,
        role: 'main' as const,
        replica: 0,
        running: candidate,
        serving: true,
        restarts: 0,
        since: running?.since ?? new Date().toISOString(),
        problem: null,
        secrets: [],
      }
      // One of those that people keep beside the line.
      const isAside = environment.id.endsWith('/test') || environment.id.endsWith('/acceptance')
      const secrets = isAside ? [{ name: 'SMTP_PASSWORD', version: 1, latest: 2 }] : []
      const services = running === null ? [] : [{ ...base, secrets, service: 'web', state: 'ready' as const, pid: 41_230, port: 41_010 }]
      if (environment.state === 'unhealthy' && services[0] !== undefined)
        services.push({ ...base, service: 'worker', state: 'ready' as const, pid: 41_231, port: 41_011 })
      const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
      return [
        {
          id: environment.id,
          exists: true,
          traffic: running?.card.digest ?? null,
          shares: [],
          isolation: { by: 'bubblewrap', network: 'own', why: null },
          limits: isAside ? 'limits kept by cgroup v2' : null,
          asleep: isAside ? ago(40) : null,
          untilWoken: false,
          until: isAside ? ago(-185) : null,
          drift: [],
          services,
          resources: [{ name: 'db', type: 'postgres', ready: true }],
          urls: environment.urls,
        },
      ]
    }),
  )
}
