import { describe, expect, it } from 'vitest'
import { ask, keepAsking, serviceOf, type Stage, type Told } from './contract-stage.ts'
import { web, type Fixture } from './fixture.ts'
import type { ProviderHarness } from './provider.contract.ts'
import type { Desired, Observed } from './provider.port.ts'

type Scene = { readonly stage: Stage; readonly fixture: Fixture; readonly harness: ProviderHarness }

/** Part of the provider's contract: what those promise that can run replicas and share traffic. */
export function describeTraffic(scene: () => Scene): void {
  describe('replicas, shares and baselines', () => {
    /** Of how many requests in a row who answered how many. */
    const answersOf = async (observed: Observed, requests: number) => {
      const all = await Promise.all(Array.from({ length: requests }, () => ask(observed)))
      const by = (key: (told: Told) => string | number) =>
        Object.values(Object.groupBy(all, (told) => String(key(told)))).map((some) => some!.length)
      return { versions: by(({ version }) => version).toSorted((a, b) => b - a), pids: by(({ self }) => self) }
    }
    const keyOf = (desired: Desired, role: 'main' | 'baseline' = 'main') => ({ candidate: desired.candidate, role })
    const asked = async (observed: Observed, cookie: string, at = '/') => {
      const answer = await fetch(`${observed.urls['web']}${at}`, { headers: { cookie } })
      return { version: ((await answer.json()) as Told).version, cookies: answer.headers.getSetCookie() }
    }

    it('runs as many replicas as are wanted, all of which serve, and ends those too many', async ({ skip }) => {
      const { stage, fixture } = scene()
      skip(!stage.provider.capabilities().replicas, 'it has no replicas')
      const desired = await fixture.candidate('1', { services: { web: { ...web, replicas: 3 } } })
      const three = await stage.deploy(desired)
      expect(three.services.map(({ replica, state }) => [replica, state])).toEqual([0, 1, 2].map((replica) => [replica, 'ready']))
      expect((await answersOf(three, 30)).pids).toEqual([10, 10, 10])
      const load = keepAsking(three.urls['web']!)
      const one = await stage.bring(stage.target([{ ...desired, replicas: { web: 1 } }], desired))
      expect((await load.end()).failed).toEqual([])
      expect(one.services.map(({ pid }) => pid)).toEqual([three.services[0]!.pid])
      expect((await answersOf(await stage.bring(stage.target([desired], desired)), 30)).pids).toEqual([10, 10, 10])
    })

    it('divides requests exactly, measures each deployment by itself, and begins anew when asked', async ({ skip }) => {
      const { stage, fixture } = scene()
      skip(!stage.provider.capabilities().shares, 'it cannot share traffic')
      const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
      const baseline: Desired = { ...old, role: 'baseline' }
      await stage.deploy(old)
      await stage.bring(stage.target([old, baseline, next], old))
      const shares = [
        { ...keyOf(old), percent: 80 },
        { ...keyOf(old, 'baseline'), percent: 10 },
        { ...keyOf(next), percent: 10 },
      ]
      const shared = await stage.bring({ environment: stage.environment, deployments: [old, baseline, next], shares })
      expect(shared).toMatchObject({ traffic: old.candidate, shares })
      expect(shared.services.map(({ candidate, role }) => ({ candidate, role }))).toEqual(shares.map(({ percent: _, ...key }) => key))
      await stage.provider.measure(stage.environment, true)
      expect(await answersOf(shared, 100)).toEqual({ versions: [90, 10], pids: expect.arrayContaining([80, 10, 10]) })
      const measured = await stage.provider.measure(stage.environment, true)
      expect(measured).toMatchObject(shares.map(({ percent, ...key }) => ({ ...key, requests: percent, errors: 0 })))
      expect(measured.map(({ latenciesMs }) => latenciesMs.length)).toEqual([80, 10, 10])
      expect((await stage.provider.measure(stage.environment, false)).map(({ requests }) => requests)).toEqual([0, 0, 0])
    })

    it('takes a share away from a broken deployment at once, and ends it and the baseline without a failed request', async ({ skip }) => {
      const { stage, fixture } = scene()
      skip(!stage.provider.capabilities().shares, 'it cannot share traffic')
      const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
      const baseline: Desired = { ...old, role: 'baseline' }
      await stage.deploy(old)
      await stage.bring(stage.target([old, baseline, next], old))
      const half = [
        { ...keyOf(old), percent: 50 },
        { ...keyOf(next), percent: 50 },
      ]
      const shared = await stage.bring({ environment: stage.environment, deployments: [old, baseline, next], shares: half, sticky: true })
      const clients = [await asked(shared, ''), await asked(shared, '')]
      const { cookies } = clients.find(({ version }) => version === '2')!
      await asked(shared, cookies[0]!.split(';')[0]!, '/sicken')
      await stage.eventually((seen) => serviceOf(seen, 'web', next).state === 'unhealthy')
      const load = keepAsking(shared.urls['web']!)
      await stage.bring(stage.target([old, baseline, next], old))
      const after = await stage.bring(stage.target([old], old))
      expect((await load.end()).failed).toEqual([])
      expect(after.services.map(({ pid }) => pid)).toEqual([shared.services[0]!.pid])
    })

    it('keeps shares and replicas over a restart of the server', async ({ skip }) => {
      const { stage, fixture } = scene()
      skip(!stage.provider.capabilities().shares, 'it cannot share traffic')
      const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
      await stage.deploy(old)
      await stage.bring(stage.target([old, next], old))
      const shares = [
        { ...keyOf(old), percent: 95 },
        { ...keyOf(next), percent: 5 },
      ]
      const before = await stage.bring({ environment: stage.environment, deployments: [old, next], shares, sticky: true })
      stage.provider = await scene().harness.restarted()
      await stage.provider.recover()
      expect(await stage.provider.observe(stage.environment)).toEqual(before)
      expect((await answersOf(before, 100)).versions).toEqual([95, 5])
    })

    it('keeps a client where it was, for as long as that has a share', async ({ skip }) => {
      const { stage, fixture } = scene()
      skip(!stage.provider.capabilities().shares, 'it cannot share traffic')
      const [old, next] = [await fixture.candidate('1'), await fixture.candidate('2')]
      await stage.deploy(old)
      const observed = await stage.bring(stage.target([old, next], old))
      const share = async (percent: number) => {
        const shares = [
          { ...keyOf(old), percent: 100 - percent },
          { ...keyOf(next), percent },
        ]
        await stage.bring({ environment: stage.environment, deployments: [old, next], shares, sticky: true })
      }
      await share(50)
      const clients = [await asked(observed, ''), await asked(observed, '')]
      expect(clients.map(({ version }) => version).toSorted()).toEqual(['1', '2'])
      const [cookie] = clients.find(({ version }) => version === '2')!.cookies
      expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/)
      await share(5)
      const mine = `theme=dark; ${cookie!.split(';')[0]}`
      for (let times = 0; times < 5; times++) expect(await asked(observed, mine)).toEqual({ version: '2', cookies: [] })
      await share(0)
      expect(await asked(observed, mine)).toMatchObject({ version: '1', cookies: [expect.any(String)] })
    })
  })
}
