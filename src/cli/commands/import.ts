import { buildCommand, buildRouteMap } from '@stricli/core'
import { connectFlags, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { ImportFlagsFlags } from '../import-flags.ts'
import { jsonFlag } from './flow.ts'

const csv = buildCommand<ConnectFlags & { map: string; skipBad: boolean; json: boolean }, [string], CliContext>({
  loader: async () => (await import('../import.ts')).importCsv,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      skipBad: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'leave out of rows what makes no sense, and list it, instead of stopping there',
      },
      map: { kind: 'parsed', parse: String, brief: 'what the columns mean; docs/history.md', placeholder: 'map.yaml' },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'a table with a header, also as .csv.gz; - for standard input', placeholder: 'file', parse: String }],
    },
  },
  docs: { brief: 'Record the deployments, gate switches and incidents that the rows of a table tell' },
})

const git = buildCommand<
  ConnectFlags & { repository?: string; stream?: readonly string[]; lines: boolean; json: boolean },
  [string],
  CliContext
>({
  loader: async () => (await import('../import-git.ts')).importGit,
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      repository: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'its name [default: as its host names it]',
        placeholder: 'acme/shop',
      },
      stream: {
        kind: 'parsed',
        parse: String,
        optional: true,
        variadic: true,
        brief: 'a value stream that is built from it, or from these paths of it [default: the one of the same name]',
        placeholder: 'name[=path,path]',
      },
      lines: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'of a URL: fetch the contents of files too, to know how many lines a commit changed',
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'folder of a repository, or its URL (https, ssh, file)', placeholder: 'repository', parse: String }],
    },
  },
  docs: { brief: 'Record the commits, branches and tags of a git repository' },
})

const word = (brief: string, placeholder: string) => ({ kind: 'parsed', parse: String, optional: true, brief, placeholder }) as const

type HostFlags = ConnectFlags & {
  api: string
  since?: string
  stream?: string
  incidentLabel?: string
  incidentEnvironment?: string
  json: boolean
}

const hostFlags = (api: string, brief: string) =>
  ({
    ...connectFlags,
    json: jsonFlag,
    api: { kind: 'parsed', parse: String, default: api, brief, placeholder: 'url' },
    since: word('only what was altered from this day on', 'day'),
    stream: word('value stream that is built from it [default: as its webhook says, or its name]', 'name'),
    incidentLabel: word('issues with this label are incidents [default: as its webhook says, or incident]', 'label'),
    incidentEnvironment: word('environment in which they happen [default: as its webhook says, or production]', 'name'),
  }) as const

const github = buildCommand<HostFlags, [string], CliContext>({
  loader: async () => (await import('../import-host.ts')).importGithub,
  parameters: {
    flags: hostFlags('https://api.github.com', 'address of the API, of GitHub Enterprise too'),
    positional: { kind: 'tuple', parameters: [{ brief: 'owner/name; a token in GITHUB_TOKEN', placeholder: 'repository', parse: String }] },
  },
  docs: { brief: 'Record the pull requests, reviews, runs, deployments and incidents that GitHub knows of a repository' },
})

const gitlab = buildCommand<HostFlags, [string], CliContext>({
  loader: async () => (await import('../import-host.ts')).importGitlab,
  parameters: {
    flags: hostFlags('https://gitlab.com/api/v4', 'address of the API, of your own GitLab too'),
    positional: { kind: 'tuple', parameters: [{ brief: 'group/project; a token in GITLAB_TOKEN', placeholder: 'project', parse: String }] },
  },
  docs: { brief: 'Record the merge requests, pipelines, jobs, deployments and incidents that GitLab knows of a project' },
})

const choice = (brief: string) => ({ kind: 'enum', values: ['refuse', 'off'], default: 'refuse', brief }) as const
const yes = (brief: string) => ({ kind: 'boolean', default: false, withNegated: false, brief }) as const

const featureFlags = {
  ...connectFlags,
  json: jsonFlag,
  environment: { kind: 'parsed', parse: String, default: 'production', brief: 'where they stand as they are there', placeholder: 'name' },
  owner: { kind: 'parsed', parse: String, brief: 'who answers for them: a person or a team', placeholder: 'name' },
  expires: word('the day by which releases and experiments should be gone [default: they are kept as flags of operations]', 'day'),
  reason: word('why; kept on the ledger [default: as it had them]', 'why'),
  into: word('write files into this folder instead of publishing', 'folder'),
  skipRefused: yes('bring in the others, instead of nothing, where some cannot be'),
  dryRun: yes('only check it, as it would be checked, and say what could be brought in'),
  over: yes('undo what was changed elsewhere since, and take the place of flags that did not come from there'),
  anonymous: choice('whoever is diced at each request there, because nothing says who it is: gets nothing here'),
  sticky: choice('what SDKs remember of who was put where (sticky bucketing): is left behind'),
} as const

const features = (whose: string, shape: string) =>
  ({
    kind: 'tuple',
    parameters: [{ brief: `file or address of what ${whose} gives to its clients (${shape})`, placeholder: 'file|url', parse: String }],
  }) as const

const unleash = buildCommand<ImportFlagsFlags, [string], CliContext>({
  loader: async () => (await import('../import-flags.ts')).importUnleash,
  parameters: { flags: featureFlags, positional: features('Unleash', '/api/client/features; a token in UNLEASH_API_TOKEN') },
  docs: { brief: "Bring in Unleash's features as flags, everybody where they are" },
})

const growthbook = buildCommand<ImportFlagsFlags, [string], CliContext>({
  loader: async () => (await import('../import-flags.ts')).importGrowthbook,
  parameters: { flags: featureFlags, positional: features('GrowthBook', '/api/features/KEY') },
  docs: { brief: "Bring in GrowthBook's features as flags, everybody where they are" },
})

export const importRoutes = buildRouteMap({
  routes: { csv, git, github, gitlab, unleash, growthbook },
  docs: { brief: 'Bring in what was delivered before Threeways, or beside it' },
})
