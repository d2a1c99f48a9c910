import { expect, it } from 'vitest'
import type { Revision } from './history.ts'
import { lifeOf, type Deployment, type Entry } from './life.ts'

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`
const revision = (number: number, minute: number) => ({ revision: number, at: at(minute) }) as Revision
const deployed = (minute: number, environment = 'production'): Deployment => ({
  environment,
  at: at(minute),
  version: `v${minute}`,
  commit: null,
  back: false,
})
const told = (entry: Entry): string =>
  entry.kind === 'revision'
    ? `#${entry.revision.revision}`
    : entry.kind === 'incident'
      ? entry.incident.incident
      : `${entry.environment} ${entry.all.map(({ version }) => version).join(' ')}`

it('a life is told newest first, deployments in a row as one', () => {
  const incident = { incident: 'INC', environment: null, at: at(6), over: null, summary: null }
  const deployments = [deployed(9), deployed(8), deployed(7, 'staging'), deployed(5), deployed(3), deployed(1)]
  const life = lifeOf([revision(2, 4), revision(1, 0)], { deployments, incidents: [incident] })
  expect(life.map(told)).toEqual(['production v9 v8', 'staging v7', 'INC', 'production v5', '#2', 'production v3 v1', '#1'])
})

it('each revision knows the one before it, whatever was in between', () => {
  const [, , second] = lifeOf([revision(2, 4), revision(1, 0)], { deployments: [deployed(5), deployed(6, 'staging')], incidents: [] })
  expect(second).toMatchObject({ revision: { revision: 2 }, earlier: { revision: 1 } })
})
