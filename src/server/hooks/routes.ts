import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import * as github from '../../connectors/github/webhook.ts'
import * as gitlab from '../../connectors/gitlab/webhook.ts'
import type { Told } from '../../flow/history/history.port.ts'
import type { Hook } from '../../flow/history/hooks.ts'
import { refsRecorded } from '../../flow/history/events.ts'
import { eventOf } from '../../flow/history/record.ts'
import type { makeRepositories } from '../../flow/lineage/repositories.ts'
import type { Clock } from '../../kernel/clock.ts'
import { forbidden, invalid, ThreewaysError, tooLarge, unauthorized } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { HookKind, Hooks } from './hooks.ts'

/** GitHub sends up to 25 MB, of which we use nothing that is larger than this. */
const bodyBytesMax = 5 * 1024 * 1024

const Kind = z.enum(['github', 'gitlab'])
const Path = z
  .string()
  .regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[\w.-]+(\/[\w.-]+){1,10}$/, 'owner/name, or the path of a project')
  .max(300)
const Text = z.string().min(1).max(100)
const Wanted = z.object({
  kind: Kind,
  repository: Path,
  stream: Text.optional().meta({ description: 'default: the name of the repository' }),
  incidentLabel: Text.default('incident').meta({ description: 'issues with this label are incidents' }),
  incidentEnvironment: Text.default('production').meta({ description: 'where they happen' }),
})
export const HookView = z
  .object({
    kind: Kind,
    repository: z.string(),
    stream: z.string(),
    incidentLabel: z.string(),
    incidentEnvironment: z.string(),
    since: z.string(),
    by: z.string(),
    path: z.string(),
  })
  .meta({ id: 'Hook' })
export type HookView = z.infer<typeof HookView>
const Made = HookView.pick({ kind: true, repository: true, stream: true, path: true }).extend({ secret: z.string() })
const Taken = z.object({ used: z.boolean(), events: z.int() }).meta({ id: 'HookTaken' })

const pathOf = (kind: string, repository: string) => `/api/hooks/${kind}/${repository}`
const viewOf = ({ kind, repository, stream, incidentLabel, incidentEnvironment, since, by }: Hook): HookView => ({
  kind: kind as HookKind,
  repository: repository!,
  stream: stream!,
  incidentLabel: incidentLabel!,
  incidentEnvironment: incidentEnvironment!,
  since: since!,
  by: by!,
  path: pathOf(kind!, repository!),
})

export type HookDoor = {
  readonly hooks: Hooks
  readonly ledger: Pick<Ledger, 'append' | 'head' | 'transaction'>
  readonly repositories: ReturnType<typeof makeRepositories>
  readonly clock: Clock
}

/** Webhooks of GitHub and GitLab. Whoever sends one shows by its signature that it may; a token of ours is not needed. */
export function hookRoutes({ hooks, ledger, repositories, clock }: HookDoor): Hono<HttpEnv> {
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['hooks'], responses: answers(summary, schema) })
  return new Hono<HttpEnv>()
    .get(
      '/hooks',
      route('repositories whose hosts may tell of them', z.object({ hooks: z.array(HookView) })),
      requires('operate'),
      async (c) => c.json({ hooks: (await hooks.list()).map(viewOf) }),
    )
    .post(
      '/hooks',
      route('let a host tell of a repository; the secret is shown once', Made),
      requires('admin'),
      valid('json', Wanted),
      async (c) => {
        const { stream, ...rest } = c.req.valid('json')
        const wanted = { ...rest, stream: stream ?? rest.repository.slice(rest.repository.lastIndexOf('/') + 1) }
        const secret = await hooks.add(wanted, c.var.actor.name)
        return c.json(
          { kind: wanted.kind, repository: wanted.repository, stream: wanted.stream, path: pathOf(wanted.kind, wanted.repository), secret },
          201,
        )
      },
    )
    .delete(
      '/hooks/:kind/:repository{.+}',
      route('take in no more of it', z.object({ removed: z.string() })),
      requires('admin'),
      valid('param', z.object({ kind: Kind, repository: Path })),
      async (c) => {
        const { kind, repository } = c.req.valid('param')
        await hooks.remove(kind, repository, c.var.actor.name)
        return c.json({ removed: `${kind}/${repository}` })
      },
    )
    .post(
      '/hooks/:kind/:repository{.+}',
      route('what a host tells of a repository', Taken),
      valid('param', z.object({ kind: Kind, repository: Path })),
      async (c) => {
        const { kind, repository } = c.req.valid('param')
        const body = await bodyOf(c.req.raw)
        const opened = await hooks.open(kind, repository)
        const of = (name: string) => c.req.header(name)
        const isRight =
          kind === 'github'
            ? github.isSigned(body, of('x-hub-signature-256'), opened?.secret ?? '')
            : gitlab.isToken(of('x-gitlab-token'), opened?.secret ?? '')
        if (!opened || !isRight) throw notSigned(kind)
        const told = await take(
          { ledger, repositories, clock },
          payloadOf(body, of('content-type')),
          viewOf(opened.hook),
          { event: of('x-github-event') ?? '', delivery: of('idempotency-key') },
          `/hooks/${kind}/${repository}`,
        )
        if (told === undefined) return c.json({ used: false, events: 0 }, 202)
        return c.json({ used: told.length > 0, events: told.length })
      },
    )
}

async function bodyOf(request: Request): Promise<Uint8Array> {
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.length <= bodyBytesMax) return body
  throw tooLarge('BODY_TOO_LARGE', {
    message: `the payload is larger than ${bodyBytesMax} bytes`,
    help: 'choose only the kinds of event that docs/webhooks.md lists',
  })
}

const notSigned = (kind: HookKind) =>
  unauthorized('HOOK_UNSIGNED', {
    message: `there is no such hook, or this was not ${kind === 'github' ? 'signed with its secret (X-Hub-Signature-256)' : 'sent with its secret (X-Gitlab-Token)'}`,
    help: `\`threeways hooks ls\` lists them; \`threeways hooks rm\` and \`add\` make a new secret`,
  })

function payloadOf(body: Uint8Array, contentType = ''): unknown {
  if (!/^application\/json\b/.test(contentType))
    throw invalid('HOOK_INVALID', {
      message: `the payload comes as "${contentType.slice(0, 60)}"`,
      help: 'choose application/json as content type of the webhook',
    })
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw invalid('HOOK_INVALID', { message: 'the payload is not JSON, or is cut off' })
  }
}

/**
 * Records what is told. What depends on where a branch stood is recorded only where nobody said anything of the repository since that was
 * looked up, and else told anew: of two pushes that are handled at once the second one has to know of the first.
 */
async function take(
  { ledger, repositories, clock }: Omit<HookDoor, 'hooks'>,
  payload: unknown,
  hook: HookView,
  how: Pick<Arrival, 'event' | 'delivery'>,
  source: string,
): Promise<readonly Told[] | undefined> {
  for (;;) {
    const head = await ledger.head()
    let hangsOnRefs = false
    const stood = async (ref: string) => {
      hangsOnRefs = true
      return (await repositories()).repositories.get(hook.repository)?.stood(ref) ?? []
    }
    // The time is that of this look: all that it saw was told before.
    const told = await tell(payload, hook, { ...how, at: clock.instant(), stood })
    if (told === undefined || told.length === 0) return told
    const events = told.map((one) => eventOf(one, source))
    if (await record(ledger, events, hangsOnRefs ? { repository: hook.repository, head } : undefined)) return told
  }
}

/** @returns whether it holds: nothing was said since `seen.head` of where the branches of that repository stand */
async function record(
  ledger: HookDoor['ledger'],
  events: readonly CloudEvent[],
  seen: { readonly repository: string; readonly head: number } | undefined,
): Promise<boolean> {
  try {
    if (seen !== undefined)
      return await ledger.transaction(async (tx) => {
        await tx.lock()
        const since = await tx.read({ after: seen.head, types: [refsRecorded.type], subject: seen.repository, limit: 1 })
        if (since.length === 0) await tx.append(events)
        return since.length === 0
      })
    await ledger.append(events)
  } catch (error) {
    // Delivered again, what is named by its delivery came at another time: it is on record as it came first.
    if (!(error instanceof ThreewaysError) || error.code !== 'EVENT_ID_REUSED') throw error
  }
  return true
}

type Arrival = gitlab.Arrival & { readonly event: string }

async function tell(payload: unknown, hook: HookView, { event, ...arrival }: Arrival): Promise<readonly Told[] | undefined> {
  const { kind } = hook
  if (kind === 'github' && event === 'ping') return undefined
  const about = kind === 'github' ? github.repositoryOf(payload) : gitlab.projectOf(payload)
  // A secret is good for what it was given for. Hosts do not tell upper case from lower in names.
  if (about?.toLowerCase() !== hook.repository.toLowerCase()) {
    throw forbidden('HOOK_ELSEWHERE', {
      message: `this hook is of ${hook.repository}, the payload is about ${about === undefined ? 'no repository' : `"${about.slice(0, 100)}"`}`,
    })
  }
  const repository = {
    name: hook.repository,
    stream: hook.stream,
    incidentLabel: hook.incidentLabel,
    incidentEnvironment: hook.incidentEnvironment,
  }
  return kind === 'github' ? github.tellWebhook(event, payload, repository) : gitlab.tellWebhook(payload, repository, arrival)
}
