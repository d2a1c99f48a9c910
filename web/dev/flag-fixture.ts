import type { ExperimentRow, FlagBeside, FlagDay, FlagDetail, FlagProposal, FlagView, StaleFlag } from '../src/api/types.ts'

const day = 86_400_000
const at = (now: number, daysAgo: number) => new Date(now - daysAgo * day).toISOString()

/** A flag of a service that ramps by a plan. */
export function flagOf(service: string, now: number): FlagView {
  return {
    flag: 'checkout-v2',
    description: 'One page instead of three',
    owner: 'shop',
    purpose: 'release',
    expires: at(now, -90).slice(0, 10),
    service,
    change: null,
    type: 'boolean',
    control: 'off',
    environments: [
      {
        environment: 'production',
        state: 'ramp',
        killed: false,
        serve: { on: '5%' },
        rules: [{ id: 'germany', when: { country: ['DE', 'AT'] }, serve: { on: '20%' } }],
        sample: '100%',
        load: 0,
        plan: {
          variant: 'on',
          steps: [
            { share: '5%', holdMs: day, until: null },
            { share: '25%', holdMs: day, until: null },
            { share: '100%', holdMs: day, until: null },
          ],
          step: 0,
          since: at(now, 0.2),
          guardrails: [],
          keeps: null,
          paused: null,
          waitsFor: null,
          nextAt: at(now, -0.8),
        },
      },
      { environment: 'staging', state: 'on', killed: false, serve: 'on', rules: [], sample: '100%', load: 0, plan: null },
    ],
    latest: {
      revision: 2,
      change: 'ramp',
      environment: 'production',
      by: 'ann',
      reason: 'as agreed',
      origin: 'api',
      at: at(now, 0.2),
    },
  }
}

export function flagDetailOf(service: string, now: number): FlagDetail {
  const flag = flagOf(service, now)
  const stands = flag.environments.map(({ environment, state, killed, serve }) => ({ environment, state, killed, serve, plan: null }))
  const first = { revision: 1, change: 'created', environment: null, by: 'ann', reason: 'new', origin: 'file', at: at(now, 3) } as const
  return {
    ...flag,
    variants: { off: false, on: true },
    bucketing: 'fractional-v2',
    bucketBy: 'targetingKey',
    requires: [],
    layer: null,
    holdouts: [],
    carriedOver: [],
    document: {},
    text: `flag: ${flag.flag}\n`,
    revisions: [
      { ...flag.latest, stands },
      { ...first, stands: stands.map((stand) => ({ ...stand, state: 'off' as const })) },
    ],
  }
}

export const flagDaysOf = (now: number): readonly FlagDay[] =>
  ['off', 'on'].map((variant) => ({ environment: 'production', variant, day: at(now, 1).slice(0, 10), asked: 100, shown: 80 }))

export const besideOf = (service: string, now: number): FlagBeside => ({
  service,
  deployments: [2, 1, 0.5].map((days) => ({
    environment: 'production',
    at: at(now, days),
    version: `sha256:${String(days).padStart(64, '0')}`,
    commit: null,
    back: false,
  })),
  incidents: [{ incident: 'INC-7', environment: 'production', at: at(now, 0.9), over: at(now, 0.85), summary: 'checkout answers late' }],
  left: { deployments: 0, incidents: 0 },
})

export const noStale: { readonly flags: readonly StaleFlag[] } = { flags: [] }

export const noExperiments: { readonly experiments: readonly ExperimentRow[] } = { experiments: [] }

export const noProposals: { readonly proposals: readonly FlagProposal[] } = { proposals: [] }
