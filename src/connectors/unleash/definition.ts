import { z } from 'zod'

const texts = z.array(z.string())
export const Constraint = z.looseObject({
  contextName: z.string(),
  operator: z.string(),
  values: texts.nullish(),
  value: z.union([z.string(), z.number()]).nullish(),
  inverted: z.boolean().nullish(),
  caseInsensitive: z.boolean().nullish(),
})
export type Constraint = z.infer<typeof Constraint>

const Variant = z.looseObject({
  name: z.string(),
  weight: z.number(),
  stickiness: z.string().nullish(),
  payload: z.looseObject({ type: z.string(), value: z.string() }).nullish(),
  overrides: z.array(z.looseObject({ contextName: z.string(), values: texts })).nullish(),
})
export type Variant = z.infer<typeof Variant>

const Strategy = z.looseObject({
  name: z.string(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  constraints: z.array(Constraint).nullish(),
  segments: z.array(z.number()).nullish(),
  variants: z.array(Variant).nullish(),
  disabled: z.boolean().nullish(),
})
export type Strategy = z.infer<typeof Strategy>

/** A feature as Unleash gives it to its clients. */
export const Feature = z.looseObject({
  name: z.string().min(1),
  enabled: z.boolean(),
  description: z.string().nullish(),
  type: z.string().nullish(),
  strategies: z.array(Strategy).nullish(),
  variants: z.array(Variant).nullish(),
  dependencies: z.array(z.looseObject({ feature: z.string(), enabled: z.boolean().nullish(), variants: texts.nullish() })).nullish(),
})
export type Feature = z.infer<typeof Feature>

const Segment = z.looseObject({ id: z.number(), constraints: z.array(Constraint).nullish() })
const Named = z.looseObject({ name: z.string() })
const Event = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('hydration'), features: z.array(Named), segments: z.array(Segment).nullish() }),
  z.looseObject({ type: z.literal('feature-updated'), feature: Named }),
  z.looseObject({ type: z.literal('feature-removed'), featureName: z.string() }),
  z.looseObject({ type: z.literal('segment-updated'), segment: Segment }),
  z.looseObject({ type: z.literal('segment-removed'), segmentId: z.number() }),
])

/** What a client of Unleash is given: everything at once (`/api/client/features`), or what changed (`/api/client/delta`). */
const Definition = z.union([
  z.looseObject({ features: z.array(Named), segments: z.array(Segment).nullish() }),
  z.looseObject({ events: z.array(Event) }),
])

/** Features unread, so that each can be refused alone; segments by id. */
export type Definition = {
  readonly features: readonly { readonly name: string }[]
  readonly segments: ReadonlyMap<number, readonly Constraint[]>
}

/** @returns undefined: it is no such definition */
export function readDefinition(raw: unknown): Definition | undefined {
  const read = Definition.safeParse(raw)
  if (!read.success) return undefined
  const features = new Map<string, { readonly name: string }>()
  const segments = new Map<number, readonly Constraint[]>()
  const takeSegments = (all: readonly z.infer<typeof Segment>[] | null | undefined) => {
    for (const { id, constraints } of all ?? []) segments.set(id, constraints ?? [])
  }
  const events =
    'events' in read.data
      ? (read.data.events as z.infer<typeof Event>[])
      : [{ type: 'hydration' as const, ...(read.data as { features: z.infer<typeof Named>[]; segments?: z.infer<typeof Segment>[] }) }]
  for (const event of events) {
    if (event.type === 'hydration') {
      features.clear()
      segments.clear()
      for (const one of event.features) features.set(one.name, one)
      takeSegments(event.segments)
    } else if (event.type === 'feature-updated') features.set(event.feature.name, event.feature)
    else if (event.type === 'feature-removed') features.delete(event.featureName)
    else if (event.type === 'segment-updated') takeSegments([event.segment])
    else segments.delete(event.segmentId)
  }
  return { features: [...features.values()], segments }
}
