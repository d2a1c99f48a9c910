import path from 'node:path'
import { keepClone, remoteOf } from '../connectors/git/clone.ts'
import { git } from '../connectors/git/command.ts'
import { openHistory, type History } from '../connectors/git/history.ts'
import type { KnownRepository } from '../flow/history/commits.port.ts'
import { CommitPacker, linkEvent, refsEvents } from '../flow/history/record-commits.ts'
import { formatDuration } from '../kernel/duration.ts'
import { invalid } from '../kernel/errors.ts'
import type { CloudEvent } from '../ledger/event.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import { homeFolder, type CliContext } from './context.ts'
import type { Ending } from './ending.ts'
import { recordBatch, recording } from './recording.ts'

type ImportGitFlags = ConnectFlags & {
  readonly repository?: string
  readonly stream?: readonly string[]
  readonly lines: boolean
  readonly json: boolean
}

/** A request holds 8 MiB, an event 256 KiB. */
const eventsInRequest = 16
const progressMs = 200

/** Records the commits, branches and tags of a repository that are not known yet. Interrupted, it is simply begun again. */
export async function importGit(this: CliContext, flags: ImportGitFlags, place: string): Promise<void> {
  const began = Date.now()
  const links = (flags.stream ?? []).map(linkNamed)
  const remote = remoteOf(place)
  const work = async (api: Api, { signal }: Ending) => {
    if (remote !== undefined) this.output.say(this.output.colour.dim(`fetching ${remote.url}`))
    const clones = path.join(homeFolder(this, flags.home), 'repositories')
    const folder = remote === undefined ? path.resolve(this.cwd, place) : await keepClone(clones, remote, flags.lines, signal)
    const history = await openHistory(folder, signal)
    const repository = repositoryName(flags.repository ?? remote?.name ?? (await nameOf(folder)))
    const known = await api.get<KnownRepository>(`/api/commits/known?${new URLSearchParams({ repository })}`)
    const into = new Recording(api, this)
    const soFar = () => `until then ${into.recorded} events were recorded, each of up to a thousand commits`
    await recording(soFar, async () => {
      await recordCommits(repository, history, known, into)
      await into.send([
        ...refsEvents(repository, history.refs, known, Date.now()),
        ...links.map((link) => linkEvent(link.stream, repository, link.paths, Date.now())),
      ])
    })
    into.tell(
      { repository, before: known.commits, refs: history.refs.refs.size, doubts: history.doubts, tookMs: Date.now() - began },
      flags.json,
    )
  }
  await withApi(this, flags, work, { makesHome: true })
}

async function recordCommits(repository: string, history: History, known: KnownRepository, into: Recording): Promise<void> {
  const packer = new CommitPacker(repository)
  const query = new URLSearchParams({ repository })
  const all = async () => new Set((await into.api.get<{ commits: string[] }>(`/api/commits/names?${query}`)).commits)
  try {
    for await (const commits of history.commits({ ...known, all })) {
      for (const commit of commits) {
        into.commits++
        const packed = packer.add(commit)
        if (packed !== undefined) await into.add(packed)
      }
    }
  } finally {
    // What came before a fault is good.
    const last = packer.take()
    if (last !== undefined) await into.add(last)
    await into.flush()
  }
}

/** Sends one request while the next is put together. */
class Recording {
  /** Read from the repository. */
  commits = 0
  recorded = 0
  private batch: CloudEvent[] = []
  private under: Promise<unknown> = Promise.resolve()
  private told = 0
  readonly api: Api
  private readonly context: CliContext

  constructor(api: Api, context: CliContext) {
    this.api = api
    this.context = context
  }

  async add(event: CloudEvent): Promise<void> {
    this.batch.push(event)
    if (this.batch.length < eventsInRequest) return
    await this.under
    this.under = this.send(this.take())
    // Thrown when the next one is sent, or at the end.
    this.under.catch(() => {})
    if (Date.now() - this.told < progressMs) return
    this.told = Date.now()
    this.context.output.passing(`${this.commits} commits`)
  }

  async flush(): Promise<void> {
    await this.under
    await this.send(this.take())
  }

  async send(events: readonly CloudEvent[]): Promise<void> {
    this.recorded += (await recordBatch(this.api, events)).recorded
  }

  private take(): CloudEvent[] {
    const events = this.batch
    this.batch = []
    return events
  }

  tell(found: { repository: string; before: number; refs: number; doubts: readonly string[]; tookMs: number }, asJson: boolean): void {
    const { output } = this.context
    const { repository, before, refs, doubts, tookMs } = found
    if (asJson) return output.json({ repository, recorded: this.commits, before, refs, doubts, tookMs })
    for (const doubt of doubts) output.say(output.colour.yellow(doubt))
    const there = before === 0 ? '' : `, ${before} were there already`
    output.result(`${repository}: ${this.commits} commits recorded${there}, ${refs} branches and tags, in ${formatDuration(tookMs)}`)
  }
}

/** `NAME` or `NAME=path,path`. */
function linkNamed(text: string): { readonly stream: string; readonly paths: readonly string[] } {
  const at = text.indexOf('=')
  const stream = at === -1 ? text : text.slice(0, at)
  const paths = at === -1 ? [] : text.slice(at + 1).split(',')
  const strange = [stream, ...paths].some((part) => part.trim() === '' || part.length > 400 || /[\u0000-\u001f]/.test(part))
  if (strange || paths.some((one) => one.startsWith('/') || one.split('/').includes('..')))
    throw invalid('STREAM_INVALID', {
      message: `--stream ${text} names no value stream, or no paths of the repository`,
      help: 'write --stream shop, or --stream shop=services/shop,lib/money',
    })
  return { stream, paths: paths.map((one) => one.replace(/^\.\//, '')) }
}

function repositoryName(name: string): string {
  if (/^[^\s\u0000-\u001f]{1,300}$/.test(name)) return name
  throw invalid('REPOSITORY_NAME_INVALID', {
    message: `"${name}" is no name of a repository`,
    help: 'say one with --repository, as acme/shop',
  })
}

/** As its host names it, or as its folder. */
async function nameOf(folder: string): Promise<string> {
  const remotes = await git(folder, ['config', '--get-regexp', '^remote\\.origin\\.url$']).catch(() => '')
  const url = remotes.replace(/^\S+ /, '').trim()
  const inside = async () => {
    // Of a linked work tree it is the repository's name that counts.
    const top = path.resolve(folder, (await git(folder, ['rev-parse', '--git-common-dir'])).trim())
    return path.basename(top) === '.git' ? path.basename(path.dirname(top)) : path.basename(top).replace(/\.git$/, '')
  }
  try {
    return (url !== '' && /^(https|ssh):|^[\w.-]+@/.test(url) && remoteOf(url)?.name) || (await inside())
  } catch {
    return inside()
  }
}
