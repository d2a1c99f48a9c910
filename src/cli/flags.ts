import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { suggestion } from '../flow/definition/suggest.ts'
import { invalid, notFound } from '../kernel/errors.ts'

/** A flag as the API tells it. */
export type FlagRow = {
  readonly flag: string
  readonly owner: string
  readonly purpose: string
  readonly expires: string | null
  readonly environments: readonly Setting[]
  readonly latest: Revision
}

type Serve = string | Readonly<Record<string, string>>
export type Setting = {
  readonly environment: string
  readonly state: string
  readonly killed: boolean
  readonly serve: Serve
  readonly rules: readonly unknown[]
  readonly sample: string
  readonly plan: {
    readonly variant: string
    readonly keeps: string | null
    readonly step: number
    readonly steps: readonly { readonly share: string }[]
    readonly paused: string | null
    readonly waitsFor: string | null
    readonly nextAt: string | null
  } | null
}
export type Revision = {
  readonly revision: number
  readonly change: string
  readonly environment: string | null
  readonly by: string
  readonly reason: string
  readonly at: string
}

export type FlagDetail = FlagRow & { readonly document: unknown; readonly text: string; readonly revisions: readonly Revision[] } & Apart

/** What keeps a flag apart from others. */
type Apart = {
  readonly layer: string | null
  readonly holdouts: readonly string[]
  readonly carriedOver: readonly {
    readonly environment: string
    readonly flag: string
    readonly from: string
    readonly share: string
    readonly until: string
  }[]
}

export const apartLines = ({ layer, holdouts, carriedOver }: Apart): readonly string[] => [
  ...(layer === null ? [] : [`in the layer ${layer}: whoever is outside its share gets control`]),
  ...holdouts.map((name) => `units that ${name} holds get control`),
  ...carriedOver.map(
    ({ environment, flag, from, share, until }) =>
      `${share} of ${environment} that ${flag} owns was ${from}'s until ${minute(until)}: what its units saw there may carry over`,
  ),
]

export type WhyRow = {
  readonly flag: string
  readonly value: unknown
  readonly variant: string | null
  readonly reason: string
  readonly rule: string
  readonly revision: number | null
  readonly state: string | null
  readonly error: string | null
  readonly apart: string | null
  readonly words: string | null
}

export const minute = (at: string) => at.slice(0, 16).replace('T', ' ')

/** `ramp: on 5%`, `killed (ramp: on 5%)`, `dark 10%` */
export function standing(setting: Setting): string {
  const { state, killed, serve, rules, sample, plan } = setting
  // Whoever revives it should know to what.
  if (killed) return `killed (${standing({ ...setting, killed: false })})`
  const shares =
    typeof serve === 'string'
      ? serve
      : Object.entries(serve)
          .map(([variant, share]) => `${variant} ${share}`)
          .join(', ')
  const more = rules.length === 0 || state === 'off' || state === 'dark' ? '' : `, ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`
  if (state === 'off') return 'off'
  if (state === 'dark') return `dark ${sample}`
  return `${state}: ${shares}${more}${planned(plan)}`
}

function planned(plan: Setting['plan']): string {
  if (plan === null) return ''
  const step = `, step ${plan.step + 1} of ${plan.steps.length}${keptTold(plan)}`
  if (plan.paused !== null) return `${step}, waits: ${plan.paused}`
  if (plan.waitsFor !== null) return `${step}, until ${plan.waitsFor} is decided`
  return plan.nextAt === null ? step : `${step}, next ${minute(plan.nextAt)}`
}

/** Whoever began a plan below what stands thinks that less is served by now. */
function keptTold({ variant, keeps, step, steps }: NonNullable<Setting['plan']>): string {
  if (keeps === null) return ''
  return ` (${steps[step]!.share}: ${variant} keeps its ${keeps})`
}

/** Those that stand in an environment, as they do there. @throws ThreewaysError `FLAG_ENVIRONMENT_NOT_FOUND` */
export function flagsIn(flags: readonly FlagRow[], environment: string): readonly FlagRow[] {
  const found = flags.flatMap((flag) => {
    const environments = flag.environments.filter((setting) => setting.environment === environment)
    return environments.length === 0 ? [] : [{ ...flag, environments }]
  })
  if (found.length > 0) return found
  throw notFound('FLAG_ENVIRONMENT_NOT_FOUND', {
    message: `no flag says how it stands in "${environment}"`,
    help: suggestion(
      environment,
      [...new Set(flags.flatMap(({ environments }) => environments.map((one) => one.environment)))],
      'add it to a flag',
    ),
  })
}

export function flagTable(flags: readonly FlagRow[]): readonly (readonly string[])[] {
  const rows = flags.flatMap(({ flag, owner, purpose, expires, environments, latest }) =>
    environments.map((setting, index) => [
      index === 0 ? flag : '',
      setting.environment,
      standing(setting),
      ...(index === 0 ? [purpose, owner, expires ?? 'never', `${minute(latest.at)} ${latest.by}`] : ['', '', '', '']),
    ]),
  )
  return [['FLAG', 'ENVIRONMENT', 'STANDS', 'PURPOSE', 'OWNER', 'EXPIRES', 'LAST CHANGE'], ...rows]
}

export const lifeTable = (revisions: readonly Revision[]): readonly (readonly string[])[] => [
  ['REVISION', 'WHEN', 'WHAT', 'WHERE', 'BY', 'WHY'],
  ...revisions.map(({ revision, at, change, environment, by, reason }) => [
    String(revision),
    minute(at),
    change,
    environment ?? 'everywhere',
    by,
    reason,
  ]),
]

export const whyTable = (rows: readonly WhyRow[]): readonly (readonly string[])[] => [
  ['FLAG', 'VALUE', 'VARIANT', 'STATE', 'RULE', 'REVISION', 'WHY'],
  ...rows.map(({ flag, value, variant, state, rule, revision, reason, error, words }) => [
    flag,
    JSON.stringify(value),
    variant ?? '',
    state ?? '',
    // By none: why is said in words.
    rule === 'default' ? '–' : rule,
    revision === null ? '' : String(revision),
    error ?? words ?? reason.toLowerCase().replaceAll('_', ' '),
  ]),
]

/** `5` and `5%` are the same share. */
export const shareText = (written: string): string => (written.endsWith('%') ? written : `${written}%`)

/** `country=DE` and `age=31`: what reads as a number, true or false is one, and `zip="01234"` is text. @throws ThreewaysError `CONTEXT_INVALID` */
export function contextFrom(written: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    written.map((text): [string, unknown] => {
      const middle = text.indexOf('=')
      if (middle < 1) throw invalid('CONTEXT_INVALID', { message: `"${text}" is no attribute`, help: 'write it as country=DE' })
      return [text.slice(0, middle), valueOf(text.slice(middle + 1))]
    }),
  )
}

function valueOf(text: string): unknown {
  // Text, whatever it reads as: a postal code begins with 0, and is no number.
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

const isFlagFile = (name: string) => /\.(ya?ml|json)$/.test(name)

/** Files with flags in them: those named, and all in a folder that is named. @throws ThreewaysError `FLAG_FILES_NONE`, system errors */
export async function flagFiles(
  folder: string,
  paths: readonly string[],
): Promise<readonly { readonly file: string; readonly document: string }[]> {
  const found: { file: string; document: string }[] = []
  for (const named of paths) {
    const place = path.resolve(folder, named)
    const isFolder = (await stat(place)).isDirectory()
    const names = isFolder
      ? (await readdir(place, { recursive: true }))
          .filter(isFlagFile)
          .toSorted()
          .map((name) => path.join(named, name))
      : [named]
    for (const file of names) found.push({ file, document: await readFile(path.resolve(folder, file), 'utf8') })
  }
  if (found.length > 0) return found
  throw invalid('FLAG_FILES_NONE', {
    message: `there is no .yaml or .json file in ${paths.join(', ')}`,
    help: 'write a flag into one, see docs/flags.md',
  })
}

const untilMark = 'until:'

/**
 * What somebody wants of a ramp: `5%`, `red=20% blue=20%`, `1%/1h 5%/1d 100%`, `50%/until:one-page 100%`, or `100%` over a time.
 * @throws ThreewaysError `RAMP_INVALID`
 */
export function rampFrom(shares: readonly string[], over: string | undefined): object {
  const wrong = (message: string) =>
    invalid('RAMP_INVALID', { message, help: 'write 5%, red=20% blue=20%, 1%/1h 5%/1d 100%, or 100% --over 24h' })
  if (over !== undefined) {
    if (shares.length !== 1 || /[=/]/.test(shares[0]!)) throw wrong('over a time one share is reached')
    return { plan: { to: shareText(shares[0]!), over } }
  }
  if (shares.some((share) => share.includes('='))) {
    if (!shares.every((share) => /^[^=/]+=[^=/]+$/.test(share))) throw wrong('either every share names its variant, or none does')
    return {
      serve: Object.fromEntries(
        shares.map((share) => [share.slice(0, share.indexOf('=')), shareText(share.slice(share.indexOf('=') + 1))]),
      ),
    }
  }
  if (shares.length === 1 && !shares[0]!.includes('/')) return { serve: { on: shareText(shares[0]!) } }
  const steps = shares.map((step) => {
    const [share, ...held] = step.split('/') as [string, ...string[]]
    const until = held.find((one) => one.startsWith(untilMark))?.slice(untilMark.length)
    const hold = held.find((one) => !one.startsWith(untilMark))
    return { share: shareText(share), ...(hold === undefined ? {} : { hold }), ...(until === undefined ? {} : { until }) }
  })
  return { plan: { steps } }
}

export type ReadyView = {
  readonly flag: string
  readonly environment: string
  readonly sentence: string
  readonly against: readonly string[]
  readonly since: string
  readonly why: string
  readonly timeouts: number
  readonly dropped: number
  readonly differences: readonly { readonly difference: string; readonly candidate: number; readonly noise: number }[]
}

export const readyLines = ({
  flag,
  environment,
  sentence,
  against,
  since,
  why,
  timeouts,
  dropped,
  differences,
}: ReadyView): readonly string[] => [
  `${flag} in ${environment}: ${sentence}`,
  ...against.map((what) => `  ${what}`),
  ...(since.startsWith('1970') ? [] : [`  counted since ${minute(since)}, when ${why}`]),
  ...(timeouts === 0 ? [] : [`  ${timeouts.toLocaleString('en')} of those that fail took too long`]),
  ...(dropped === 0 ? [] : [`  ${dropped.toLocaleString('en')} were left out, for there was no room for them`]),
  ...differences
    .slice(0, 10)
    .map(({ difference, candidate, noise }) => `  differs in ${difference}: ${candidate} times, control from itself ${noise}`),
]

export type StaleRow = { readonly flag: string; readonly owner: string; readonly because: readonly string[] }

/** @param found - places in the code; undefined: it was not looked at */
export function staleLines(rows: readonly StaleRow[], found: ReadonlyMap<string, readonly string[]> | undefined): readonly string[] {
  return rows.flatMap(({ flag, owner, because }) => {
    const places = found?.get(flag) ?? []
    const code =
      found === undefined
        ? []
        : places.length === 0
          ? ['  nothing in the code names it: it can be retired']
          : places.map((place) => `  ${place}`)
    return [`${flag} (${owner}): ${because.join('; ')}`, ...code]
  })
}
