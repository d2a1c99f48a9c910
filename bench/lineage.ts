/**
 * Which deployment first carried each commit to each environment: against git itself, commit by commit, and with a tenth of the
 * deployments deleted. On two services whose commits and deployments are in `../shared/data`.
 *
 *     node bench/lineage.ts [--data ../shared/data] [--seeds 20] [--share 0.1] [--quick]
 *
 * `--quick` asks git only about a sample.
 */
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { readMap } from '../src/connectors/csv/map.ts'
import { readCsv } from '../src/connectors/csv/read.ts'
import { askGit, readGit } from '../src/connectors/git/command.ts'
import { removeTree } from '../src/flow/candidate/folders.ts'
import { carriedTo, inOrder, type Carried, type Deployment } from '../src/flow/lineage/carried.ts'
import type { Repository } from '../src/flow/lineage/repository.ts'
import { resolve } from '../src/flow/lineage/resolve.ts'
import { openRepository } from './git/opened.ts'
import { makeRepository, sharedCommits } from './git/repositories.ts'
import { seeded } from './git/seeded.ts'
import { judge, type Verdict } from './git/deleted.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    seeds: { type: 'string', default: '20' },
    share: { type: 'string', default: '0.1' },
    quick: { type: 'boolean', default: false },
  },
})
const sampled = 500
const per = (count: number, of: number) => `${count} of ${of} (${((100 * count) / Math.max(1, of)).toFixed(2)} %)`

type Places = ReadonlyMap<string, readonly Deployment[]>

/** @param names - new ones by old: the commits were made anew, and have others */
async function deploymentsOf(service: string, names: ReadonlyMap<string, string>): Promise<Places> {
  const renamed = (version: string) => version.replace(/[0-9a-f]{40}/, (sha) => names.get(sha) ?? sha)
  const file = path.join(values.data, 'govuk-deployments.csv.gz')
  const name = path.join(import.meta.dirname, '../docs/maps/govuk-deployments.yaml')
  const map = readMap(await readFile(name, 'utf8'), name)
  const places = new Map<string, Deployment[]>()
  for await (const { told } of readCsv(createReadStream(file).pipe(createGunzip()), file, map, Date.now())) {
    for (const one of told) {
      if (one.kind !== 'deployment' || one.stream !== service) continue
      const { id: deployment, at, environment, version, previous } = one
      places.set(environment, [
        ...(places.get(environment) ?? []),
        {
          deployment,
          at: Date.parse(at),
          version: renamed(version),
          previous: previous === undefined ? null : renamed(previous),
          commit: null,
        },
      ])
    }
  }
  return places
}

/** By force: what `git rev-list` says that each deployment contains, one after the other. @returns commits that we link differently */
async function againstGit(folder: string, { graph }: Repository, { carriers, by }: Carried): Promise<{ differ: number; asked: number }> {
  const first = new Map<string, number>()
  const seen = new Set<number>()
  for (const [place, { commit }] of carriers.entries()) {
    if (seen.has(commit)) continue
    seen.add(commit)
    let text = ''
    for await (const chunk of readGit(folder, ['rev-list', graph.sha(commit), '--'])) text += chunk.toString('latin1')
    for (const sha of text.split('\n')) if (sha !== '' && !first.has(sha)) first.set(sha, place)
  }
  let differ = 0
  for (let commit = 0; commit < graph.size; commit++) if ((first.get(graph.sha(commit)) ?? -1) !== by[commit]) differ++
  return { differ, asked: graph.size }
}

/** The same of some: that the carrier contains it, and none of the twenty before it does. */
async function sampleAgainstGit(
  folder: string,
  { graph }: Repository,
  { carriers, by }: Carried,
): Promise<{ differ: number; asked: number }> {
  const random = seeded(1)
  let [differ, asked] = [0, 0]
  const contains = async (commit: number, place: number) => {
    asked++
    return (await askGit(folder, ['merge-base', '--is-ancestor', graph.sha(commit), graph.sha(carriers[place]!.commit)])).code === 0
  }
  for (let count = 0; count < sampled; count++) {
    const commit = Math.floor(random() * graph.size)
    const place = by[commit]!
    if (place !== -1 && !(await contains(commit, place))) differ++
    const before = (place === -1 ? carriers.length : place) - 1 - Math.floor(random() * 20)
    if (before >= 0 && (await contains(commit, before))) differ++
  }
  return { differ, asked }
}

const folder = await mkdtemp(path.join(tmpdir(), 'threeways-bench-'))
try {
  for (const service of ['finder-frontend', 'asset-manager']) {
    const commits = existsSync(path.join(values.data, 'govuk-deployments.csv.gz')) ? await sharedCommits(values.data, service) : undefined
    if (commits === undefined) {
      console.log(`${values.data} has no history of ${service}: left out`)
      continue
    }
    const place = path.join(folder, service)
    const names = await makeRepository(place, commits)
    const repository = await openRepository(place)
    const totals: Verdict = { right: 0, next: 0, later: 0, none: 0, earlier: 0, marked: 0, missingMarked: 0, missing: 0 }
    for (const [environment, deployments] of await deploymentsOf(service, names)) {
      const { graph } = repository
      const found = (version: string, commit: string | null) => resolve(repository, version, commit)
      const began = performance.now()
      const carried = carriedTo(graph, deployments, found)
      const took = performance.now() - began
      const linked = carried.by.filter((at) => at !== -1).length
      const { differ, asked } = await (values.quick ? sampleAgainstGit : againstGit)(place, repository, carried)
      console.log(
        `${service} ${environment}: ${deployments.length} deployments, ${carried.unresolved.length} unresolved, ${linked} of ${graph.size} commits linked in ${took.toFixed(0)} ms; ${values.quick ? 'questions' : 'commits'} on which git agrees ${per(asked - differ, asked)}`,
      )
      for (let seed = 1; seed <= Number(values.seeds); seed++) {
        const random = seeded(seed)
        const left = inOrder(deployments).filter(() => random() >= Number(values.share))
        const verdict = judge(graph, carried, inOrder(deployments), carriedTo(graph, left, found))
        for (const key of Object.keys(totals) as (keyof Verdict)[]) totals[key] += verdict[key]
      }
    }
    const { right, next, later, none, earlier, marked, missing, missingMarked } = totals
    const all = right + next + later + none
    console.log(
      [
        `${service}, ${values.seeds} times with ${100 * Number(values.share)} % of its deployments deleted at random:`,
        `  linked to the deployment that carried it or the next one ${per(right + next, all)}: the same ${per(right, all)}, next ${next}, later ${later}, to none ${none}`,
        `  marked as possibly carried earlier, of those that were ${per(marked, earlier)}`,
        `  marked as not on record, of those whose deployment was deleted ${per(missingMarked, missing)}`,
      ].join('\n'),
    )
  }
} finally {
  await removeTree(folder)
}
