/** Why a number of theirs is another than ours. Each has a name, under which docs/devlake.md tells it. */
export const rules = {
  days: 'days with a deployment, not deployments',
  medianWeek: 'the median calendar week',
  medianMonth: 'per month where the median week has none',
  commits: 'from the first commit, where commits are known',
  requests: 'only what was merged, not what was pushed',
  record: 'only what arrived, by a deployment on record',
  unshipped: 'merged in the window, deployed or not',
  minutes: 'each part rounded up to whole minutes',
  whole: 'an incident is wholly of one deployment',
  latest: 'the latest deployment of the project before it',
  since: 'recovery begins with that deployment',
  zero: 'a month without data is 0',
} as const
export type Rule = keyof typeof rules
