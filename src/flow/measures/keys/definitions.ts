/** What each number is, in a sentence, to stand beside it wherever it is shown. */
export const definitions = {
  frequency:
    'Deployments to the last environment in the window, however small; going back is one too. Races of two deployments count twice. A week is one of the window, or of as much of it as the stream is known.',
  lead: 'From where a version was first seen in any environment until the last one ran it or a later one; of the versions first seen in the window, those that are still on their way count with the time they have waited (Kaplan-Meier).',
  failRate:
    'Share of the deployments of the window that brought a failure: an incident, a going back (the deployments it undid), or that did not come to run. A failure counts on each deployment with the probability that it came of it. Limits: Wilson, 95 %.',
  recovery:
    'From when a failure of the window that more likely than not came of a deployment began until it was over: the incident resolved, the deployment undone, or something came to run after one that failed. Those that are not over count with the time they have lasted (Kaplan-Meier).',
  rework:
    'Share of the deployments of the window that were made because of a failure: going back, the first that came to run after one that failed, and the last one between when an incident that came of a deployment was seen and when it was over. Limits: Wilson, 95 %.',
} as const

/** Of the lead time, where commits are known. */
export const fromCommits =
  'From when the first commit of a change was written (or its request opened) until the last environment ran it; of the changes that came into the trunk in the window, those that are still on their way count with the time they have waited (Kaplan-Meier).'
export const whereCommits = 'Where the commits of a stream are known (leadFrom: commit):'
