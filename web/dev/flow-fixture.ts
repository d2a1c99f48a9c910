import type { ConstraintView, FlowRow, StreamFlowDetail, StreamFlowPicture, StreamKeysDetail, WhatIfView } from '../src/api/types.ts'

const hour = 3_600_000
const day = 24 * hour
const at = (ms: number) => new Date(ms).toISOString()

/** A version a day that takes half a day, as a server would measure it. */
export function flowRowOf(stream: string, now: number): FlowRow {
  const quantile = (hours: number) => ({ value: hours * hour, low: hours * 0.8 * hour, high: hours * 1.3 * hour })
  const shares = [0, 0.1, 0.3, 0.9, 1, 1]
  return {
    stream,
    order: ['test', 'production'],
    since: at(now - 90 * day),
    until: at(now),
    asOf: at(now),
    deployments: 60,
    perWeek: 4.7,
    activeDays: 58,
    lead: {
      versions: 90,
      reached: 88,
      p50: quantile(12),
      p85: quantile(20),
      p95: quantile(30),
      within: [1 / 6, 1, 4, 24, 168, 672].map((hours, index) => ({ ms: hours * hour, share: shares[index]! })),
    },
    batch: { p50: 1, p95: 3, max: 5 },
    back: 1,
    closed: 0,
  }
}

export function flowPictureOf(stream: string, now: number): StreamFlowPicture {
  const { closed: _, ...flow } = flowRowOf(stream, now)
  const { p50, p95, versions, reached } = flow.lead
  const points = [4, 8, 12, 20, 30].map((hours, index) => ({ ms: hours * hour, share: 0.2 * (index + 1), low: 0.15 * index, high: 1 }))
  const curve = { versions, reached, watchedMs: 30 * hour, points }
  return {
    flow,
    before: null,
    legs: [{ from: 'test', to: 'production', versions, reached, p50, p95 }],
    curve,
    curveBefore: null,
    spread: [{ fromMs: 4 * hour, toMs: 30 * hour, reached, waiting: 2 }],
    periods: Array.from({ length: 90 }, (_one, n) => ({
      since: at(now - (90 - n) * day),
      until: at(now - (89 - n) * day),
      deployments: n % 3 === 0 ? 0 : 1,
      brought: n % 3 === 0 ? 0 : 2,
      back: n === 40 ? 1 : 0,
      versions: 1,
      p50: 12 * hour,
    })),
    stations: [
      { environment: 'test', deployments: 90, batchP50: null, batchMax: null, back: 0 },
      { environment: 'production', deployments: 60, batchP50: 1, batchMax: 5, back: 1 },
    ],
    closed: [],
    deployments: [{ at: at(now - day), version: `sha256:${'a'.repeat(64)}`, batch: 1, back: false }],
    ageing: { total: 2, oldest: [{ version: 'v1', arrived: at(now - 5 * hour), in: 'test' }] },
  }
}

export function flowDetailOf(stream: string, now: number): StreamFlowDetail {
  const { flow, legs } = flowPictureOf(stream, now)
  const arrived = at(now - 2 * day)
  return { ...flow, legs, closed: [], rows: [{ version: 'v0', arrived, reached: at(now - day), by: 'v0' }] }
}

export function constraintOf(stream: string, now: number): ConstraintView {
  const { order, since, until, asOf } = flowRowOf(stream, now)
  return {
    stream,
    of: 'versions',
    order,
    since,
    until,
    asOf,
    constraint: null,
    cannotSay: 'there are too few versions',
    sentences: ['Cannot say: there are too few versions.'],
    legs: [],
    ageing: { total: 0, oldest: [] },
    little: { countedMs: 1, summedMs: 1, holds: true },
  }
}

/** Nobody told of a failure: there is no data of failing. */
export function keysOf(stream: string, now: number): StreamKeysDetail & { readonly estate: object; readonly streams: readonly object[] } {
  const { since, until, asOf, lead, perWeek, activeDays, deployments } = flowRowOf(stream, now)
  const { p50, p85, p95, versions: count, reached: ended } = lead
  const keys = {
    frequency: { deployments, perWeek, activeDays, gap: null },
    lead: { count, ended, p50, p85, p95 },
    failRate: null,
    recovery: null,
    rework: null,
  }
  const told = 'What it is, in a sentence.'
  const definitions = { frequency: told, lead: told, failRate: told, recovery: told, rework: told }
  return {
    stream,
    environment: 'production',
    leadFrom: 'first seen',
    since,
    until,
    asOf,
    definitions,
    known: [],
    herd: [],
    ...keys,
    estate: keys,
    streams: [keys],
  }
}

export function whatIfOf(stream: string, change: string, now: number): WhatIfView {
  const { order, asOf } = flowRowOf(stream, now)
  const nothing = { base: null, changed: null, difference: null, local: null, sentences: [] }
  return { stream, change, order, asOf, days: 91, cannotSay: 'there are too few versions', ...nothing }
}
