/** What each number means: a few words that stand beside it, and all of it for who asks. */
export const terms = {
  lead: {
    name: 'Lead time',
    short: 'from where a version was first seen until the last environment ran it',
    long: 'From where a version was first seen in any environment until the last environment first ran it, or a later one that contains it. Versions still on their way count with the time they have waited (Kaplan–Meier). Limits at 95 % (Brookmeyer–Crowley).',
  },
  p50: {
    name: 'Lead p50',
    short: 'half of the versions had arrived, from where they were first seen',
    long: 'The lead time by which half of the versions had arrived, of all that were first seen in the window, also of those that are still on their way. “never”: fewer than half arrived for as long as anybody watched.',
  },
  p85: {
    name: 'p85',
    short: '85 of 100 versions had arrived',
    long: 'The lead time by which 85 of 100 versions had arrived, with what is still on its way.',
  },
  p95: {
    name: 'p95',
    short: '95 of 100 versions had arrived',
    long: 'The lead time by which 95 of 100 versions had arrived, with what is still on its way.',
  },
  within: {
    name: 'Reached within',
    short: '10 min, 1 h, 4 h, 1 d, 1 wk, 4 wk',
    long: 'Which share of the versions had reached the last environment ten minutes, an hour, four hours, a day, a week and four weeks after they were first seen (Kaplan–Meier). The line ends where nothing was watched for so long.',
  },
  perWeek: {
    name: 'Deploys / wk',
    short: 'to the last environment',
    long: 'Deployments to the last environment in the window, for each week of it, or of as much of it as the stream is known. “too early”: nothing is known of a full week.',
  },
  batch: {
    name: 'Batch',
    short: 'new versions in a deployment',
    long: 'Versions that a deployment brought which had not been there: the median, and the largest. A large batch makes a failure larger and its cause harder to find.',
  },
  back: {
    name: 'Went back',
    short: 'to an earlier version than ran',
    long: 'Deployments of an earlier version than the one that ran. Two within ten minutes of each other are a race of their makers and not counted.',
  },
  closed: {
    name: 'Closed gates',
    short: 'somebody let nothing through',
    long: 'Gates that are closed as of then: nothing enters the environment, or nothing goes onwards from it.',
  },
  ageing: {
    name: 'On its way',
    short: 'not there as of then',
    long: 'Versions that have not reached the last environment, as of then, whenever they were first seen.',
  },
} as const

export type TermName = keyof typeof terms
