import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRepositories } from '../../flow/lineage/repositories.ts'
import { instantOf, manualClock } from '../../kernel/clock.ts'
import { openTestThreeways, type TestThreeways } from '../testing.ts'
import type { Hooks } from './hooks.ts'
import { hookRoutes } from './routes.ts'

const minute = 60_000
const main = 'refs/heads/main'
const nothing = '0'.repeat(40)
const sha = (letter: string) => letter.repeat(40)

const manual = manualClock()
/** No two things are told at one moment. */
const clock = {
  ...manual,
  instant() {
    manual.forward(1)
    return manual.instant()
  },
}
let t: TestThreeways
beforeAll(async () => {
  t = await openTestThreeways({ clock })
})
afterAll(() => t.close())

type Push = { readonly before: string; readonly after: string; readonly ref?: string; readonly newest?: number; readonly more?: object }

/** A project whose pushes are told of, a minute after one another. */
async function project(name: string) {
  const repository = `acme/${name}`
  const { secret } = (await t.ask('POST', '/api/hooks', { kind: 'gitlab', repository })).body as { secret: string }
  let deliveries = 0
  const payloadOf = ({ before, after, ref = main, newest, more = {} }: Push) =>
    JSON.stringify({
      object_kind: ref.startsWith('refs/tags/') ? 'tag_push' : 'push',
      ref,
      before,
      after,
      checkout_sha: after === nothing ? null : after,
      project: { path_with_namespace: repository, default_branch: 'main' },
      commits: newest === undefined ? [] : [{ timestamp: instantOf(clock.now() - newest * minute) }],
      ...more,
    })
  return {
    repository,
    secret,
    payloadOf,
    /** @returns how it is sent again, and what was answered. `newest`: how many minutes ago its newest commit was made; without it there is none. */
    async push(what: Push, delivery: string | null = `${name}-${++deliveries}`) {
      const payload = payloadOf(what)
      const key: Record<string, string> = delivery === null ? {} : { 'idempotency-key': delivery }
      const send = async () => {
        clock.forward(minute)
        const headers = { 'content-type': 'application/json', 'x-gitlab-token': secret, ...key }
        const response = await t.threeways.app.request(`/api/hooks/gitlab/${repository}`, { method: 'POST', body: payload, headers })
        return { status: response.status, ...((await response.json()) as { used: boolean; events: number }) }
      }
      return { send, answer: await send() }
    },
    async stands(): Promise<Readonly<Record<string, string>>> {
      const found = (await makeRepositories(t.threeways.ledger)()).repositories.get(repository)
      return Object.fromEntries(found?.places() ?? [])
    },
  }
}

describe('a push to GitLab', () => {
  it('says at once that a branch is made, brings no commit or is gone, whatever the age of commits', async () => {
    const { push, stands } = await project('at-once')
    await push({ before: nothing, after: sha('a'), newest: 1 })
    // A branch of what is there brings nothing; what is pushed to it then was committed before it was made.
    await push({ ref: 'refs/heads/cart', before: nothing, after: sha('a') })
    expect(await stands()).toEqual({ [main]: sha('a'), 'refs/heads/cart': sha('a') })
    await push({ ref: 'refs/heads/cart', before: sha('a'), after: sha('b'), newest: 600 })
    expect(await stands()).toEqual({ [main]: sha('a'), 'refs/heads/cart': sha('b') })
    expect((await push({ ref: 'refs/heads/cart', before: sha('b'), after: nothing })).answer).toEqual({
      status: 200,
      used: true,
      events: 1,
    })
    expect(await stands()).toEqual({ [main]: sha('a') })
    await push({ ref: 'refs/heads/cart', before: nothing, after: sha('c'), newest: 500 })
    // Put back to an older commit.
    await push({ before: sha('a'), after: sha('1') })
    expect(await stands()).toEqual({ [main]: sha('1'), 'refs/heads/cart': sha('c') })
  })

  it('is one thing however often it is delivered, also when the branch came back to where it stood', async () => {
    for (const delivery of [undefined, null] as const) {
      const { push, stands } = await project(delivery === null ? 'again-old' : 'again')
      const all = [
        await push({ before: nothing, after: sha('a'), newest: 5 }, delivery),
        await push({ before: sha('a'), after: sha('b'), newest: 4 }, delivery),
        await push({ before: sha('b'), after: sha('c') }, delivery),
      ]
      const standing = await stands()
      for (const { send } of [...all, ...all.toReversed()]) expect(await send()).toMatchObject({ status: 200 })
      expect(await stands()).toEqual(standing)
    }
    const { push, stands } = await project('round')
    await push({ before: nothing, after: sha('a'), newest: 5 })
    const gone = await push({ before: sha('a'), after: nothing })
    await push({ before: nothing, after: sha('a') })
    const head = await t.threeways.ledger.head()
    expect(await gone.send()).toMatchObject({ status: 200 })
    expect(await t.threeways.ledger.head()).toBe(head)
    expect(await stands()).toEqual({ [main]: sha('a') })
  })

  it('that comes late is put below what is known since', async () => {
    const { push, stands } = await project('late')
    await push({ before: nothing, after: sha('a'), newest: 5 })
    // The second of two comes first; one that was made with a clock that is ahead is no newer for it.
    await push({ before: sha('b'), after: sha('c'), newest: 1 })
    await push({ before: sha('a'), after: sha('b'), newest: 3 })
    await push({ before: sha('a'), after: sha('b'), newest: -60 })
    await push({ before: sha('a'), after: nothing })
    expect(await stands()).toEqual({ [main]: sha('c') })
    // Nor does a branch begin that is there.
    await push({ before: nothing, after: sha('1') })
    expect(await stands()).toEqual({ [main]: sha('c') })
    // One was missed: what follows is the newer one all the same.
    await push({ before: sha('d'), after: sha('e'), newest: 100 })
    expect(await stands()).toEqual({ [main]: sha('e') })
  })

  it('that is handled beside the next one goes below it, whichever is faster', async () => {
    const { repository, secret, payloadOf, push, stands } = await project('beside')
    await push({ before: nothing, after: sha('a'), newest: 600 })
    const { ledger } = t.threeways
    const look = makeRepositories(ledger)
    const both = Promise.withResolvers<void>()
    let looks = 0
    const routes = hookRoutes({
      hooks: {
        open: async () => ({ hook: { kind: 'gitlab', repository, stream: 'beside', since: '', by: '' }, secret }),
      } as unknown as Hooks,
      ledger,
      clock,
      // Neither goes on before the other one looked as well.
      async repositories() {
        const found = await look()
        if (++looks === 2) both.resolve()
        await both.promise
        return found
      },
    })
    const answers = [
      payloadOf({ before: sha('b'), after: sha('c'), newest: 1 }),
      payloadOf({ before: sha('a'), after: sha('b'), newest: 3 }),
    ].map(async (body) => {
      const headers = { 'content-type': 'application/json', 'x-gitlab-token': secret }
      return (await routes.request(`/hooks/gitlab/${repository}`, { method: 'POST', body, headers })).status
    })
    expect(await Promise.all(answers)).toEqual([200, 200])
    expect(await stands()).toEqual({ [main]: sha('c') })
    expect(looks).toBe(3)
  })

  it('of a tag says which commit it stands for, and nothing where GitLab does not say it', async () => {
    const { push, stands } = await project('tags')
    await push({ ref: 'refs/tags/v1', before: nothing, after: sha('f'), more: { checkout_sha: sha('a') } })
    await push({ ref: 'refs/tags/v2', before: nothing, after: sha('f'), more: { checkout_sha: null } })
    expect(await stands()).toEqual({ 'refs/tags/v1': sha('a') })
    await push({ ref: 'refs/tags/v1', before: sha('f'), after: nothing })
    expect(await stands()).toEqual({})
  })
})
