import { instantOf } from '../../kernel/clock.ts'
import { sha256 } from '../../kernel/digest.ts'
import { event, type CloudEvent, type ContentOf } from '../../ledger/event.ts'
import type { KnownRepository, ToldCommit, ToldRefs } from './commits.port.ts'
import { commitsRecorded, refsRecorded, sourceLinked } from './events.ts'

type Commit = ContentOf<typeof commitsRecorded>['commits'][number]

/** An event holds 256 KiB; what stands around the commits is small. */
const bytesMax = 200 * 1024
const commitsMax = 1000
const commitBytesMax = 64 * 1024

/** From where commits and branches of a repository are told. */
export const sourceOf = (repository: string) => `/git/${repository.split('/').map(encodeURIComponent).join('/')}`

/**
 * Packs commits into events as they come, as many as fit into each. The same commits in the same order make the same events, so
 * that recording them again records nothing.
 */
export class CommitPacker {
  private commits: Commit[] = []
  private bytes = 0
  private readonly repository: string

  constructor(repository: string) {
    this.repository = repository
  }

  /** @returns an event, when this commit did not fit into it any more */
  add(told: ToldCommit): CloudEvent | undefined {
    const whole = contentOf(told)
    // Paths may be as long as a file system has them: then it may have touched anything.
    const commit = sizeOf(whole) > commitBytesMax ? { ...whole, paths: ['/'] } : whole
    const bytes = sizeOf(commit)
    const full = this.commits.length > 0 && (this.bytes + bytes > bytesMax || this.commits.length === commitsMax)
    const packed = full ? this.take() : undefined
    this.commits.push(commit)
    this.bytes += bytes
    return packed
  }

  /** What is left. @returns undefined when nothing is */
  take(): CloudEvent | undefined {
    const { commits, repository } = this
    if (commits.length === 0) return undefined
    this.commits = []
    this.bytes = 0
    const id = sha256(commits.map(({ sha }) => sha).join(' '))
    const latest = commits.reduce((time, { committed }) => Math.max(time, committed), 0)
    const time = instantOf(latest * 1000)
    return event(commitsRecorded, { id, time, source: sourceOf(repository), subject: repository }, { repository, commits })
  }
}

/** No calendar of ours goes further; a commit may claim any time. */
const latestSeconds = Date.UTC(2199, 11, 31) / 1000
const secondsOf = (seconds: number) => Math.min(Math.max(Math.trunc(seconds) || 0, 0), latestSeconds)

function contentOf({ sha, parents, authored, committed, subject, files, added, deleted, paths, reverts, picked }: ToldCommit): Commit {
  return {
    sha,
    parents,
    authored: secondsOf(authored),
    committed: secondsOf(committed),
    subject,
    ...(files === undefined ? {} : { files }),
    ...(added === undefined ? {} : { added }),
    ...(deleted === undefined ? {} : { deleted }),
    ...(paths === undefined || paths.length === 0 ? {} : { paths }),
    ...(reverts === undefined || reverts.length === 0 ? {} : { reverts }),
    ...(picked === undefined || picked.length === 0 ? {} : { picked }),
  }
}

/** More than its JSON has, without writing it: a character takes six bytes at most, as an escape. */
function sizeOf({ parents, subject, paths = [], reverts = [], picked = [] }: Commit): number {
  const names = 1 + parents.length + reverts.length + picked.length
  let bytes = 160 + names * 68 + weigh(subject)
  for (const path of paths) bytes += 3 + weigh(path)
  return bytes
}

const plain = /^[ !#-[\]-~]*$/
const weigh = (text: string) => (plain.test(text) ? text.length : text.length * 6)

/** Branches and tags that stand elsewhere than was known, in as many events as it takes. @param at - when they were looked at, ms */
export function refsEvents(repository: string, told: ToldRefs, known: KnownRepository, at: number): readonly CloudEvent[] {
  const moved = [...told.refs].filter(([name, sha]) => known.refs[name] !== sha)
  const gone = Object.keys(known.refs).filter((name) => !told.refs.has(name))
  const isSame = known.head === told.head && known.trunk === told.trunk
  if (moved.length + gone.length === 0 && isSame) return []
  const words = {
    repository,
    ...(told.head === undefined ? {} : { head: told.head }),
    ...(told.trunk === undefined ? {} : { trunk: told.trunk }),
  }
  const parts = partsOf([...moved, ...gone.map((name) => [name, undefined] as const)])
  return (parts.length === 0 ? [[]] : parts).map((part) => {
    const left = part.flatMap(([name, sha]) => (sha === undefined ? [name] : []))
    const refs = Object.fromEntries(part.flatMap(([name, sha]) => (sha === undefined ? [] : [[name, sha]])))
    const content = { ...words, refs, ...(left.length === 0 ? {} : { gone: left }) }
    const id = sha256(`${at} ${JSON.stringify(content)}`)
    return event(refsRecorded, { id, time: instantOf(at), source: sourceOf(repository), subject: repository }, content)
  })
}

type Ref = readonly [name: string, sha: string | undefined]

function partsOf(refs: readonly Ref[]): readonly (readonly Ref[])[] {
  const parts: Ref[][] = []
  let bytes = bytesMax
  for (const ref of refs) {
    const more = weigh(ref[0]) + 75
    if (bytes + more > bytesMax) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(ref)
    bytes += more
  }
  return parts
}

/** @param paths - empty: all of it. @param at - milliseconds */
export function linkEvent(stream: string, repository: string, paths: readonly string[], at: number): CloudEvent {
  const content = { stream, repository, ...(paths.length === 0 ? {} : { paths }) }
  const id = sha256(`${at} ${JSON.stringify(content)}`)
  return event(sourceLinked, { id, time: instantOf(at), source: sourceOf(repository), subject: stream }, content)
}
