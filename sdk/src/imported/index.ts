import type { Extension } from '../evaluate/extension.ts'
import { importedBucketings, inBucket, split } from './bucket.ts'
import { growthbookCondition } from './growthbook.ts'
import { unleashConstraint } from './unleash.ts'

export { bucketCounts, importedBucketings, type ImportedBucketing } from './bucket.ts'
export { unleashOperators } from './unleash.ts'

/**
 * What flags that were brought in from Unleash and GrowthBook need beyond flagd's format: their ways of bucketing, and conditions in their
 * own words. Hand it to `createEvaluator` or `createClient`; who has no such flags need not carry it.
 */
export const imported: Extension = {
  bucketings: importedBucketings,
  operators: {
    tw_bucket: inBucket,
    tw_split: split,
    tw_unleash: unleashConstraint,
    tw_growthbook: growthbookCondition,
  },
}
