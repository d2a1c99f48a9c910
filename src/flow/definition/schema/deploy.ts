import { z } from 'zod'
import { duration } from './values.ts'

const metricNames = ['error_rate', 'p50_ms', 'p95_ms', 'p99_ms'] as const

/** How a candidate replaces another in a stage's environment. */
export const Deploy = z.strictObject({
  strategy: z.enum(['replace', 'blue-green', 'rolling', 'canary']).default('replace').meta({
    description:
      '`replace` stops the old before the new. The others fail no request: `blue-green` starts the new beside the old and moves traffic when it is healthy; `rolling` does so replica by replica; `canary` gives the new a small share first, and more only when it does no worse than the old one started at the same moment.',
  }),
  sticky: z.boolean().default(false).meta({
    description:
      'The router sets a cookie, and a client stays with the deployment it met first for as long as that has a share of the traffic, and with its replica.',
  }),
  steps: z
    .array(z.int().min(1).max(100))
    .min(1)
    .optional()
    .meta({
      description:
        'Of `canary`: percents of new requests, growing, the last 100. An equal share goes to a fresh baseline, so that none before the last is above 50.',
      examples: [[5, 25, 100]],
    }),
  every: duration(1_000)
    .optional()
    .meta({
      description: 'Of `canary`: how long a step is watched until it is judged. A canary that is clearly bad is taken back within seconds.',
      examples: ['2m'],
    }),
  judge: z
    .strictObject({
      metrics: z
        .array(z.enum(metricNames))
        .min(1)
        .default(['error_rate', 'p95_ms'])
        .meta({ description: 'What is compared with the baseline: the rate of errors (5xx, broken off), quantiles of latency.' }),
      critical: z
        .array(z.enum(metricNames))
        .default(['error_rate'])
        .meta({ description: 'Those of `metrics` of which one that is worse is enough to fail.', examples: [['error_rate']] }),
    })
    .optional()
    .meta({
      description: 'Of `canary`: what a step must not be worse in. Too little data is no success: the step waits for a person.',
    }),
})
