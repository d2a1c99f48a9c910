import { z } from 'zod'

const Condition = z.record(z.string(), z.unknown())
export type Condition = z.infer<typeof Condition>
const Range = z.tuple([z.number(), z.number()])
export type Range = z.infer<typeof Range>

const Filter = z.looseObject({
  seed: z.string(),
  ranges: z.array(Range),
  attribute: z.string().optional(),
  hashVersion: z.number().optional(),
})
export type Filter = z.infer<typeof Filter>

export const Rule = z.looseObject({
  id: z.string().optional(),
  force: z.unknown().optional(),
  variations: z.array(z.unknown()).optional(),
  condition: Condition.optional(),
  parentConditions: z.array(z.looseObject({ id: z.string(), condition: Condition.optional(), gate: z.boolean().optional() })).optional(),
  key: z.string().optional(),
  seed: z.string().optional(),
  hashAttribute: z.string().optional(),
  hashVersion: z.number().optional(),
  coverage: z.number().optional(),
  weights: z.array(z.number()).optional(),
  range: Range.optional(),
  ranges: z.array(Range).optional(),
  filters: z.array(Filter).optional(),
  namespace: z.tuple([z.string(), z.number(), z.number()]).optional(),
  meta: z.array(z.looseObject({ passthrough: z.boolean().optional() })).optional(),
  fallbackAttribute: z.string().optional(),
  disableStickyBucketing: z.boolean().optional(),
  bucketVersion: z.number().optional(),
  minBucketVersion: z.number().optional(),
})
export type Rule = z.infer<typeof Rule>

/** A feature as GrowthBook gives it to its SDKs. */
export const Feature = z.looseObject({ defaultValue: z.unknown().optional(), rules: z.array(Rule).optional() })
export type Feature = z.infer<typeof Feature>

/** What an SDK of GrowthBook is given (`/api/features/KEY`). Features are read one by one, so that each can be refused alone. */
export const Definition = z.looseObject({
  features: z.record(z.string(), z.unknown()).optional(),
  experiments: z.array(z.looseObject({ key: z.string().optional() })).optional(),
  savedGroups: z.record(z.string(), z.unknown()).optional(),
  encryptedFeatures: z.string().optional(),
})
export type Definition = z.infer<typeof Definition>
