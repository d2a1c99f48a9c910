import { buildCommand, buildRouteMap } from '@stricli/core'
import type { HookView } from '../../server/hooks/routes.ts'
import { connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { csvFlag, jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
type Adding = Common & { readonly stream?: string; readonly incidentLabel?: string; readonly incidentEnvironment?: string }
type Kind = 'github' | 'gitlab'

const kinds = ['github', 'gitlab'] as const
function kindOf(text: string): Kind {
  const kind = kinds.find((one) => one === text)
  if (kind) return kind
  throw new Error(`"${text}" is neither github nor gitlab`)
}
const which = [
  { brief: 'github or gitlab', placeholder: 'host', parse: kindOf },
  { brief: 'owner/name, or the path of a project', placeholder: 'repository', parse: String },
] as const
const word = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder: 'name' }) as const

const add = buildCommand<Adding, [Kind, string], CliContext>({
  async func({ stream, incidentLabel, incidentEnvironment, ...flags }, kind, repository) {
    await withApi(this, flags, async (api) => {
      const wanted = { kind, repository, stream, incidentLabel, incidentEnvironment }
      const made = await api.send<{ path: string; secret: string; stream: string }>('POST', '/api/hooks', wanted)
      if (flags.json) return this.output.json(made)
      this.output.say(
        `give ${kind === 'github' ? 'GitHub' : 'GitLab'} the address ${api.url ?? 'of your server'}${made.path}, as ${kind === 'github' ? 'secret' : 'secret token'} what follows, and application/json;`,
      )
      this.output.say(`it tells of the value stream ${made.stream}. The secret is shown this once:`)
      this.output.result(made.secret)
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      stream: word('value stream that is built from it [default: the name of the repository]'),
      incidentLabel: word('issues with this label are incidents [default: incident]'),
      incidentEnvironment: word('environment in which they happen [default: production]'),
    },
    positional: { kind: 'tuple', parameters: which },
  },
  docs: { brief: 'Let GitHub or GitLab tell of a repository by webhooks' },
})

const list = buildCommand<Common & { readonly csv: boolean }, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      if (flags.csv) return this.output.passOn(await api.table('/api/hooks'))
      const { hooks } = await api.get<{ hooks: HookView[] }>('/api/hooks')
      if (flags.json) this.output.json(hooks)
      else if (hooks.length === 0) this.output.say('there are none; `threeways hooks add github OWNER/NAME` makes one')
      else
        this.output.result(
          this.output.table([
            ['HOST', 'REPOSITORY', 'STREAM', 'INCIDENTS', 'SINCE', 'BY'],
            ...hooks.map((one) => [
              one.kind,
              one.repository,
              one.stream,
              `${one.incidentLabel} in ${one.incidentEnvironment}`,
              one.since.slice(0, 10),
              one.by,
            ]),
          ]),
        )
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag, csv: csvFlag } },
  docs: { brief: 'List the repositories whose hosts may tell of them' },
})

const remove = buildCommand<Common, [Kind, string], CliContext>({
  async func(flags, kind, repository) {
    await withApi(this, flags, async (api) => {
      const removed = await api.send('DELETE', `/api/hooks/${kind}/${repository.split('/').map(encodeURIComponent).join('/')}`)
      if (flags.json) this.output.json(removed)
      else this.output.result(`nothing that ${kind} tells of ${repository} is taken in any more; what it told stays`)
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag }, positional: { kind: 'tuple', parameters: which } },
  docs: { brief: 'Take in no more of what a host tells of a repository' },
})

export const hookRoutes = buildRouteMap({ routes: { add, ls: list, rm: remove }, docs: { brief: 'Webhooks of GitHub and GitLab' } })
