import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gitAuthor } from '../../src/connectors/git/testing.ts'
import type { RunView } from '../../src/flow/pipeline/schemas.ts'
import { openThreeways } from '../../src/server/compose.ts'
import { openHome } from '../../src/server/home.ts'

/** Delivers a chain of so many steps that do nothing, and returns what the run says of itself. */
export type DeliverChain = (steps: number) => Promise<RunView>

/** A whole server in this process and a repository of its own, for as long as `use` takes. */
export async function withThreeways(folder: string, use: (deliver: DeliverChain) => Promise<void>): Promise<void> {
  const home = await openHome(path.join(folder, 'home'))
  const author = await gitAuthor(path.join(folder, 'repository'))
  const threeways = await openThreeways({
    home,
    repository: author.folder,
    anonymous: undefined,
    hosts: undefined,
    parallel: 4,
    work: true,
    log: console.error,
  })
  await threeways.recover()
  const headers = { authorization: `Bearer ${threeways.adminToken}`, 'content-type': 'application/json' }
  let commits = 0
  try {
    await use(async (steps) => {
      commits++
      await author.write({ 'threeways.yaml': definition(steps), app: String(commits) })
      await author.commit(`${steps} steps`)
      const answer = await threeways.app.request('/api/deliveries', { method: 'POST', headers, body: '{"buildOnly":true}' })
      const { run } = (await answer.json()) as { run: RunView }
      const ended = await end(run.id)
      if (ended.state !== 'succeeded') throw new Error(ended.message ?? ended.state)
      return ended
    })
  } finally {
    await threeways.close()
  }

  // Asked seldom, so that asking costs nothing of what is measured.
  async function end(id: string): Promise<RunView> {
    for (;;) {
      const now = (await (await threeways.app.request(`/api/runs/${id}`, { headers })).json()) as RunView
      if (now.finishedAt !== null) return now
      await sleep(500)
    }
  }
}

/** From the end of one step to the end of the next, ms. */
export function stepTimes({ steps }: RunView): readonly number[] {
  const ends = steps.filter(({ kind }) => kind === 'build').map(({ finishedAt }) => Date.parse(finishedAt!))
  return ends.slice(1).map((end, index) => end - ends[index]!)
}

function definition(steps: number): string {
  return JSON.stringify({
    name: 'chain',
    services: { web: { 'x-run': { command: ['true'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: Array.from({ length: steps }, () => 'true'), pack: ['app'] },
      pipeline: { stages: [{ name: 'dev' }] },
    },
  })
}
