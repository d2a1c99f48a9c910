import { standing, type Setting } from './flags.ts'

/** What publishing a flag's file would do, as the API tells it. */
export type Preview = {
  readonly flag: string
  readonly revision: number
  readonly moves: readonly {
    readonly environment: string
    readonly rule: string | null
    readonly moved: string
    readonly how: 'taken' | 'diced' | 'gone' | 'other'
  }[]
  readonly values: readonly {
    readonly variant: string
    readonly was: unknown
    readonly is: unknown
    readonly environments: readonly string[]
  }[]
  readonly typeWas: string | null
  readonly against: string | null
  readonly notes: readonly string[]
  readonly changed: { readonly fields: readonly string[]; readonly environments: readonly string[] }
  readonly would: { readonly type: string; readonly environments: readonly Setting[] }
}

/** Fields by which somebody may get something else, though no share is another. */
const deciding = ['control', 'requires', 'layer', 'holds', 'purpose', 'owner', 'variants']

/** A flag in the first line, how it would stand where that is another, and who loses what by it. */
export function previewLines({ flag, revision, moves, values, typeWas, against, notes, changed, would }: Preview): readonly string[] {
  const gone = changed.environments.filter((name) => would.environments.every(({ environment }) => environment !== name))
  const stands = would.environments
    .filter(({ environment }) => changed.environments.includes(environment))
    .map((setting) => `  ${setting.environment} ${standing(setting)}`)
  const noted = notes.map((note) => `  ${note}`)
  if (revision === 0) return [`${flag} is new`, ...stands, ...noted, ...refusedLine(against)]
  if (changed.fields.length === 0 && changed.environments.length === 0) return [`${flag} stands so already`, ...noted]
  const fields = changed.fields.filter((name) => deciding.includes(name))
  const moved = moves.map(
    ({ environment, rule, moved: share, how }) => `  ${environment}${rule === null ? '' : ` (rule ${rule})`}: ${share} ${lossTold[how]}`,
  )
  const valued = values.map(
    ({ variant, was, is, environments }) =>
      `  ${variant} is ${JSON.stringify(is)} instead of ${JSON.stringify(was)}: ${environments.length === 0 ? 'nobody was given it' : `whoever was given it in ${environments.join(', ')} would see another value`}`,
  )
  const harmless = moves.length === 0 && gone.length === 0 && values.length === 0 && fields.length === 0
  return [
    `${flag}: ${harmless ? 'nobody who sees a variant would see another one' : `changed: ${[...changed.fields, ...changed.environments].join(', ')}`}`,
    ...stands,
    ...gone.map((name) => `  no longer in ${name}: applications there get their own default`),
    ...moved,
    ...(typeWas === null ? [] : [`  ${would.type} instead of ${typeWas}: code that asks for ${typeWas} gets its own default`]),
    ...valued,
    ...fields
      .filter((name) => name !== 'variants')
      .map((name) => `  ${name} is another: some may get something else, whatever their share`),
    ...noted,
    ...refusedLine(against),
  ]
}

const lossTold = {
  taken: 'lose what they see',
  diced: 'diced anew',
  gone: 'lose what they see, for it is gone',
  other: 'may lose what they see, for the rule fits others',
} as const

const refusedLine = (against: string | null): readonly string[] => (against === null ? [] : [`  refused without --rebucket: ${against}`])
