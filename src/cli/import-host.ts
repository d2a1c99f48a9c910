import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { backfill as backfillGithub } from '../connectors/github/backfill.ts'
import { backfill as backfillGitlab } from '../connectors/gitlab/backfill.ts'
import type { Asking } from '../connectors/paged/api.ts'
import type { Mark } from '../connectors/paged/walk.ts'
import type { Told } from '../flow/history/history.port.ts'
import { eventOf } from '../flow/history/record.ts'
import { sha256, shortDigest } from '../kernel/digest.ts'
import { writeDurably } from '../kernel/durable-file.ts'
import { formatDuration } from '../kernel/duration.ts'
import { hasCode, invalid } from '../kernel/errors.ts'
import type { HookView } from '../server/hooks/routes.ts'
import { withApi, type Api, type ConnectFlags } from './api.ts'
import { databaseUrlOf, homeFolder, type CliContext } from './context.ts'
import { momentOf } from './moment.ts'
import { recordBatch, recording } from './recording.ts'

type Flags = ConnectFlags & {
  readonly api: string
  readonly since?: string
  readonly stream?: string
  readonly incidentLabel?: string
  readonly incidentEnvironment?: string
  readonly json: boolean
}
type Marks = Record<string, Mark>

const eventsInRequest = 1000

const hosts = {
  github: { backfill: backfillGithub, token: 'GITHUB_TOKEN', path: /^[\w.-]+\/[\w.-]+$/, form: 'owner/name' },
  gitlab: { backfill: backfillGitlab, token: 'GITLAB_TOKEN', path: /^[\w.-]+(\/[\w.-]+){1,10}$/, form: 'group/project' },
} as const
type HostName = keyof typeof hosts

/** Records what GitHub knows of a repository's past. */
export async function importGithub(this: CliContext, flags: Flags, repository: string): Promise<void> {
  await importFrom(this, 'github', flags, repository)
}

/** Records what GitLab knows of a project's past. */
export async function importGitlab(this: CliContext, flags: Flags, project: string): Promise<void> {
  await importFrom(this, 'gitlab', flags, project)
}

/** Interrupted, it goes on where it was; later, it reads what is new. */
async function importFrom(context: CliContext, host: HostName, flags: Flags, repository: string): Promise<void> {
  const { backfill, token, path: form, form: written } = hosts[host]
  if (!form.test(repository) || repository.split('/').some((part) => /^\.+$/.test(part)))
    throw invalid('REPOSITORY_NAME_INVALID', { message: `"${repository}" names nothing at ${host}`, help: `write ${written}` })
  const began = Date.now()
  const since = flags.since === undefined ? undefined : momentOf(flags.since, '--since')
  const { output, env } = context
  const ledger = [flags.server ?? env['THREEWAYS_SERVER'] ?? '', databaseUrlOf(env) ?? ''].join(' ')
  const file = markFile(homeFolder(context, flags.home), host, flags.api, repository, ledger)
  await withApi(
    context,
    flags,
    async (api) => {
      const asking: Asking = {
        api: flags.api,
        token: env[token] || undefined,
        now: Date.now,
        sleep: (ms) => sleep(ms),
        tell: (text) => output.say(output.colour.dim(text)),
      }
      const about = await aboutOf(api, host, repository, flags)
      const marks: Marks = await readMarks(file)
      const counts = { recorded: 0, duplicates: 0 }
      // Where its webhook tells from, so that both tell of the same events.
      const source = `/hooks/${host}/${about.name}`
      const recordAll = async () => {
        for await (const { list, told, mark } of backfill(asking, about, marks, since, new Date(began).toISOString())) {
          await record(api, told, source, counts)
          marks[list] = mark
          // Behind the events: killed in between, a page is read once more and recorded once.
          await writeMarks(file, marks)
          output.passing(`${list}: ${counts.recorded} events recorded`)
        }
      }
      await recording(() => `until then ${counts.recorded} events were recorded`, recordAll)
      output.passing('')
      const tookMs = Date.now() - began
      if (flags.json) output.json({ repository, ...counts, tookMs })
      else
        output.result(
          `${repository}: ${counts.recorded} events recorded, ${counts.duplicates} were there already, in ${formatDuration(tookMs)}`,
        )
    },
    { makesHome: true },
  )
}

/** As its webhook says, where there is one, so that both tell the same. */
async function aboutOf(api: Api, host: HostName, repository: string, flags: Flags) {
  const { hooks } = await api.get<{ hooks: HookView[] }>('/api/hooks').catch(() => ({ hooks: [] }))
  const hook = hooks.find((one) => one.kind === host && one.repository.toLowerCase() === repository.toLowerCase())
  return {
    name: hook?.repository ?? repository,
    stream: flags.stream ?? hook?.stream ?? repository.slice(repository.lastIndexOf('/') + 1),
    incidentLabel: flags.incidentLabel ?? hook?.incidentLabel ?? 'incident',
    incidentEnvironment: flags.incidentEnvironment ?? hook?.incidentEnvironment ?? 'production',
  }
}

async function record(api: Api, told: readonly Told[], source: string, counts: { recorded: number; duplicates: number }): Promise<void> {
  const events = [...new Map(told.map((one) => [one.id, eventOf(one, source)])).values()]
  for (let at = 0; at < events.length; at += eventsInRequest) {
    const { recorded, duplicates } = await recordBatch(api, events.slice(at, at + eventsInRequest))
    counts.recorded += recorded
    counts.duplicates += duplicates
  }
}

/** @param ledger - what was read into one is not in another */
function markFile(home: string, host: HostName, api: string, repository: string, ledger: string): string {
  const at = URL.canParse(api) ? new URL(api).host : 'unknown'
  const into = shortDigest(sha256(ledger))
  return path.join(home, 'imports', `${host}-${encodeURIComponent(at)}-${repository.replaceAll('/', '-')}-${into}.json`)
}

async function readMarks(file: string): Promise<Marks> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Marks
  } catch (error) {
    // A mark that cannot be read only means that all is read again.
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return {}
    throw error
  }
}

async function writeMarks(file: string, marks: Marks): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeDurably(file, `${JSON.stringify(marks)}\n`)
}
