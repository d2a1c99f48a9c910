import { describe, expect, it } from 'vitest'
import { ask, type Stage } from './contract-stage.ts'
import { web, type Fixture } from './fixture.ts'

type Scene = { readonly stage: Stage; readonly fixture: Fixture }

/** Part of the provider's contract: what a service needs beside it. */
export function describeResource(scene: () => Scene): void {
  describe('a resource', () => {
    const withData = {
      resources: { db: { type: 'postgres', seed: 'seed.sql' } },
      services: { web: { ...web, dependsOn: { db: 'healthy' } } },
    } as const
    const seed = { 'seed.sql': "create table part (name text); insert into part values ('bolt');" }

    it('is there, with its seed, before the services that depend on it, which get its address', async () => {
      const { stage, fixture } = scene()
      const observed = await stage.deploy(await fixture.candidate('1', withData, seed))
      expect(observed.resources).toEqual([{ name: 'db', type: 'postgres', ready: true }])
      const { env } = await ask(observed)
      expect(env['DB_URL']).toBe(observed.variables['DB_URL'])
      expect(env['DB_URL']).toContain(`//${env['DB_USER']}:${env['DB_PASSWORD']}@${env['DB_HOST']}:${env['DB_PORT']}/${env['DB_NAME']}`)
      expect(observed.variables['WEB_URL']).toBe(observed.urls['web'])
    })

    it('keeps its address over deployments, and has another in every environment', async () => {
      const { stage, fixture } = scene()
      const first = await fixture.candidate('1', withData, seed)
      const second = await fixture.candidate('2', withData, seed)
      const before = await stage.deploy(first)
      const after = await stage.bring(stage.target([second], second))
      expect(after.variables['DB_URL']).toBe(before.variables['DB_URL'])
      const other = await stage.deploy(first)
      expect(other.variables['DB_URL']).not.toBe(before.variables['DB_URL'])
    })
  })
}
