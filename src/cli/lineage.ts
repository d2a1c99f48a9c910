import type { CommitLineage, EnvironmentOfCommit, Link, StreamOfCommit } from '../flow/lineage/schemas.ts'
import { csvOf } from '../kernel/csv.ts'
import { formatDuration } from '../kernel/duration.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { momentOf } from './moment.ts'
import type { Output } from './output.ts'

type LineageFlags = ConnectFlags & { readonly json: boolean; readonly csv: boolean; readonly stream?: string; readonly asOf?: string }

/** Where a commit is, and how that is known. */
export async function lineage(this: CliContext, flags: LineageFlags, commit: string): Promise<void> {
  const { output } = this
  const query = new URLSearchParams({
    ...(flags.stream === undefined ? {} : { stream: flags.stream }),
    ...(flags.asOf === undefined ? {} : { asOf: momentOf(flags.asOf, '--as-of') }),
  })
  const path = `${at`/api/lineage/${commit}`}?${query}`
  await withApi(this, flags, async (api) => {
    const found = await api.get<CommitLineage>(path)
    if (flags.csv) return output.passOn(csvOf(tableOf(found)))
    if (flags.json) output.json(found)
    else output.result(describe(found, output))
  })
}

/** A row for each environment of each stream, empty where it has not come yet. */
const tableOf = ({ commit, streams }: CommitLineage) =>
  streams.flatMap(({ stream, environments }) =>
    environments.map(({ environment, links: [first], running }) => {
      const { at = null, version = null, deployment = null, reason = null, through = null, doubt = null, confidence = null } = first ?? {}
      return { commit, stream, environment, at, version, deployment, reason, through, doubt, confidence, running }
    }),
  )

const short = (sha: string) => sha.slice(0, 12)
const day = (instant: string) => `${instant.slice(0, 10)} ${instant.slice(11, 16)}`

function describe({ commit, subject, repository, authored, committed, asOf, reverts, streams }: CommitLineage, output: Output): string {
  const { colour } = output
  return [
    `${colour.bold(short(commit))}  ${subject}`,
    colour.dim(`${repository}, written ${day(authored)}, committed ${day(committed)}${asOf === null ? '' : `; as of ${day(asOf)}`}`),
    ...reverts.map((one) => colour.yellow(`reverted by ${short(one.commit)} ${one.subject}`)),
    ...streams.flatMap((stream) => ['', ...streamTold(stream, commit, output)]),
    ...(streams.length === 0
      ? ['', 'no deployment of a value stream built from it is known; link one: threeways import git PATH --stream NAME']
      : []),
  ].join('\n')
}

function streamTold(
  { stream, byName, paths, touched, change, environments, toCome }: StreamOfCommit,
  commit: string,
  { colour, table }: Output,
) {
  const from = paths.length > 0 ? `built from ${paths.join(', ')}` : byName ? 'linked by its name' : ''
  const merged = change === null ? undefined : Date.parse(change.merged)
  const rows = environments.map((one) => rowOf(one, merged, colour))
  return [
    `${colour.bold(stream)}  ${colour.dim(from)}`.trimEnd(),
    ...(touched ? [] : ['  it does not touch what this stream is built from']),
    ...(change === null
      ? ['  it is not on the trunk']
      : change.commit === commit
        ? []
        : [`  came in with ${short(change.commit)} ${change.subject}`]),
    ...(change === null ? [] : [`  begun ${day(change.begun)}, merged ${day(change.merged)}`]),
    table(rows),
    ...environments.flatMap(({ environment, undone }) =>
      undone.slice(0, 1).map((link) => colour.yellow(`  taken back in ${environment} by ${short(link.through!)}, ${day(link.at)}`)),
    ),
    ...(toCome.length === 0 ? [] : [`  still to come: ${toCome.join(', ')}`]),
  ]
}

function rowOf(
  { environment, links, running, unresolved }: EnvironmentOfCommit,
  merged: number | undefined,
  colour: Output['colour'],
): readonly string[] {
  const [first] = links
  if (first === undefined)
    return [
      `  ${environment}`,
      'not yet',
      '',
      '',
      unresolved === 0 ? '' : colour.dim(`${unresolved} deployments there are of no known commit`),
    ]
  const took = merged === undefined ? undefined : Date.parse(first.at) - merged
  const isThere = running === false ? colour.yellow('runs there no more') : ''
  return [
    `  ${environment}`,
    day(first.at),
    first.version,
    took === undefined || took < 0 ? '' : `after ${formatDuration(took)}`,
    [howTold(first), isThere].filter(Boolean).join('; '),
  ]
}

function howTold({ reason, through, confidence, doubt, after, deployment }: Link): string {
  const how = through === null ? (reason === 'is' ? 'it itself' : 'contained in it') : `${reason} ${short(through)}`
  const missing = deployment === null && after !== null ? ` (not on record: between ${day(after)} and then)` : ''
  const doubts = { first: 'may have been there before the record begins', gap: 'a deployment before may have carried it' }
  return `${how}${missing}${doubt === null ? '' : `; ${doubts[doubt]}`}${confidence === 1 ? '' : ` (${Math.round(confidence * 100)} %)`}`
}
