/**
 * What the engine adds to a step that does nothing: a chain of `true`, delivered like any commit, from the end of one step to
 * the end of the next. Everything is in it: starting the process, seeing its end, recording it durably. Beside it the same chain
 * in `make` and in wireit, which record nothing.
 *
 *     node bench/step-overhead.ts [steps]
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import type { RunView } from '../src/flow/pipeline/schemas.ts'
import { run } from '../src/kernel/process.ts'
import { openThreeways } from '../src/server/compose.ts'
import { openHome } from '../src/server/home.ts'
import { percentile } from './ledger/percentile.ts'

const steps = Number(process.argv[2] ?? 100)
const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
process.env['XDG_DATA_HOME'] = path.join(folder, 'data')
try {
  await ours(await openHome(path.join(folder, 'home')))
  await others('make', makefile, (last) => ['make', ['-s', last]])
  await others('wireit', wireitPackage, (last) => ['npm', ['run', '--silent', last]])
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function ours(home: Awaited<ReturnType<typeof openHome>>): Promise<void> {
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
  try {
    const headers = { authorization: `Bearer ${threeways.adminToken}`, 'content-type': 'application/json' }
    const deliver = async (count: number): Promise<RunView> => {
      await author.write({ 'threeways.yaml': definition(count), app: String(count) })
      await author.commit(`${count} steps`)
      const answer = await threeways.app.request('/api/deliveries', { method: 'POST', headers, body: '{"buildOnly":true}' })
      const { run } = (await answer.json()) as { run: RunView }
      // Asked seldom, so that asking costs nothing of what is measured.
      for (;;) {
        const now = (await (await threeways.app.request(`/api/runs/${run.id}`, { headers })).json()) as RunView
        if (now.finishedAt !== null) return now
        await sleep(500)
      }
    }
    await deliver(10)
    const { steps: done, state, message } = await deliver(steps)
    if (state !== 'succeeded') throw new Error(message ?? state)
    const ends = done.filter(({ kind }) => kind === 'build').map(({ finishedAt }) => Date.parse(finishedAt!))
    const times = ends.slice(1).map((end, index) => end - ends[index]!)
    const mean = (ends.at(-1)! - ends[0]!) / times.length
    line(
      'threeways',
      `p50 ${percentile(times, 50)} ms, p99 ${percentile(times, 99)} ms, mean ${mean.toFixed(1)} ms (goal: p50 10 ms, p99 50 ms)`,
    )
  } finally {
    await threeways.close()
  }
}

function definition(count: number): string {
  return JSON.stringify({
    name: 'chain',
    services: { web: { 'x-run': { command: ['true'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: Array.from({ length: count }, () => 'true'), pack: ['app'] },
      pipeline: { stages: [{ name: 'dev' }] },
    },
  })
}

/** One run of a chain of one is taken off: what starting the tool itself costs is not about its steps. */
async function others(
  name: string,
  files: (folder: string) => Promise<void>,
  command: (last: string) => [string, string[]],
): Promise<void> {
  const place = path.join(folder, name)
  await mkdir(place)
  await files(place)
  const timed = async (last: string): Promise<number> => {
    const began = performance.now()
    const { code, stderr } = await run(...command(last), { cwd: place, timeoutMs: 600_000 })
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`)
    return performance.now() - began
  }
  const one = await timed('step-1')
  line(name, `mean ${(((await timed(`step-${steps}`)) - one) / (steps - 1)).toFixed(1)} ms`)
}

async function makefile(place: string): Promise<void> {
  const targets = Array.from({ length: steps }, (_, n) => `step-${n + 1}:${n === 0 ? '' : ` step-${n}`}\n\ttrue\n`)
  await writeFile(path.join(place, 'Makefile'), `.SILENT:\n${targets.join('')}`)
}

async function wireitPackage(place: string): Promise<void> {
  const names = Array.from({ length: steps }, (_, n) => `step-${n + 1}`)
  const chain = names.map((name, n) => [name, { command: 'true', ...(n === 0 ? {} : { dependencies: [names[n - 1]] }) }])
  const scripts = Object.fromEntries(names.map((name) => [name, 'wireit']))
  await writeFile(path.join(place, 'package.json'), JSON.stringify({ name: 'chain', scripts, wireit: Object.fromEntries(chain) }))
  await symlink(path.join(import.meta.dirname, '../node_modules'), path.join(place, 'node_modules'))
}

function line(what: string, figure: string): void {
  console.log(`${what.padEnd(12)} ${figure}`)
}
