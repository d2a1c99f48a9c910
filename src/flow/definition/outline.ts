import type { z } from 'zod'
import type { Json } from '../../kernel/digest.ts'
import type { CheckEntry, EnvironmentEntry, ServiceEntry, StageEntry } from './schema.ts'
import { Check, Environment, EnvironmentDefaults, Stage } from './schema/pipeline.ts'
import { Service } from './schema/service.ts'
import { SecretUses } from './schema/secrets.ts'
import type { SecretUse } from './definition.ts'

/** One entry of the file. */
export type Entry<T> = {
  readonly written: Readonly<Record<string, Json>>
  /** As understood without its faulty parts. */
  readonly value: T | undefined
  /** Keys with a fault in them: what `value` says about these is not what was meant. */
  readonly doubtful: ReadonlySet<string>
}

type Entries<T> = Readonly<Record<string, Entry<T>>>

/**
 * The file as far as it can be understood. The rules about meaning look at this, so that they still find their faults in a
 * file in which something else is misspelt.
 */
export type Outline = {
  readonly services: Entries<ServiceEntry>
  readonly defaults: Entry<z.output<typeof EnvironmentDefaults>>
  readonly environments: Entries<EnvironmentEntry>
  readonly checks: Entries<CheckEntry>
  readonly stages: readonly Entry<StageEntry>[]
  /** Names that are declared. */
  readonly secrets: readonly string[]
  readonly artifactSecrets: readonly SecretUse[]
}

/** @param faulty - JSON pointers to everything the schema refuses */
export function outlineOf(document: Json, faulty: readonly string[]): Outline {
  const own = mapIn(mapIn(document)['x-threeways'])
  const { defaults, ...environments } = mapIn(own['environments'])
  const stages = mapIn(own['pipeline'])['stages']
  const entry = <T>(value: Json | undefined, schema: z.ZodType<T>, at: string): Entry<T> => {
    const within = faulty.filter((pointer) => pointer.startsWith(`${at}/`)).map((pointer) => pointer.slice(at.length + 1).split('/'))
    const written = mapIn(value)
    return { written, value: understand(written, schema, within), doubtful: new Set(within.map(([key]) => key!)) }
  }
  const entries = <T>(value: Json | undefined, schema: z.ZodType<T>, at: string): Entries<T> =>
    Object.fromEntries(Object.entries(mapIn(value)).map(([name, each]) => [name, entry(each, schema, `${at}/${name}`)]))
  return {
    services: entries(mapIn(document)['services'], Service, '/services'),
    defaults: entry(defaults, EnvironmentDefaults, '/x-threeways/environments/defaults'),
    environments: entries(environments, Environment, '/x-threeways/environments'),
    checks: entries(own['checks'], Check, '/x-threeways/checks'),
    stages: Array.isArray(stages) ? stages.map((stage: Json, index) => entry(stage, Stage, `/x-threeways/pipeline/stages/${index}`)) : [],
    secrets: Object.keys(mapIn(mapIn(document)['secrets'])),
    artifactSecrets: SecretUses.safeParse(mapIn(own['artifact'])['secrets']).data ?? [],
  }
}

function understand<T>(
  written: Readonly<Record<string, Json>>,
  schema: z.ZodType<T>,
  faulty: readonly (readonly string[])[],
): T | undefined {
  const without = faulty.reduce<Json>((value, path) => remove(value, path), written)
  const parsed = schema.safeParse(without)
  if (parsed.success) return parsed.data
  // What is left may be incomplete, as `x-run` without its command is: then it goes as well.
  const incomplete = parsed.error.issues.map((issue) => [String(issue.path[0])])
  return schema.safeParse(incomplete.reduce<Json>((value, path) => remove(value, path), without)).data
}

/** Without what stands at a path. A list that loses an item goes as a whole: its other items would move. */
function remove(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined || value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return value
  const entries = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    if (name !== key) return [[name, member ?? null]]
    const goes = rest.length === 0 || (Array.isArray(member) && rest.length === 1)
    return goes ? [] : [[name, remove(member ?? null, rest)]]
  })
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries)
}

function mapIn(value: Json | undefined): Readonly<Record<string, Json>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>) : {}
}
