import { shortDigest } from '../kernel/digest.ts'
import type { RecordedEvent } from '../ledger/event.ts'

type Told = {
  readonly subject: string
  readonly content: Readonly<Record<string, unknown>>
  readonly custom: Readonly<Record<string, unknown>>
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')
const short = (value: unknown): string => word(value).slice(0, 8)
const first = (value: unknown): string => word(value).split('\n', 1)[0]!
const place = ({ content }: Told): string => word((content['environment'] as { id?: unknown } | undefined)?.id)
const scopeOf = (scope: unknown): string => (typeof scope === 'string' && !scope.startsWith('service/') ? `, ${scope}` : '')
const stepName = ({ content }: Told): string => word(content['taskName'])

const toldElsewhere = new Set(['promote', 'checkout', 'candidate', 'deploy', 'conclude', 'migrate', 'prove', 'contract'])

/** What events of the delivery's vocabulary say, by the part of their type without version. Others are not worth a line. */
const sentences: Readonly<Record<string, (told: Told) => string | undefined>> = {
  'change.merged': ({ custom }) => `${word(custom['author'])} committed ${short(custom['commit'])} "${word(custom['summary'])}"`,
  'pipelinerun.queued': ({ custom }) =>
    `${word(custom['by']) || 'someone'} asked for ${custom['kind'] === 'rollback' ? 'a rollback to' : 'the delivery of'} ${short(custom['commit'])}`,
  'pipelinerun.finished': ({ content }) =>
    content['outcome'] === 'success'
      ? 'the delivery is complete'
      : `the delivery ended: ${first(content['errors']) || word(content['outcome'])}`,
  'taskrun.finished': (told) => {
    // What these do has an event of its own; only their failure is news.
    if (told.content['outcome'] === 'success' && toldElsewhere.has(word(told.custom['kind']))) return undefined
    return told.content['outcome'] === 'success'
      ? `${stepName(told)} succeeded`
      : `${stepName(told)}: ${first(told.content['errors']) || word(told.content['outcome'])}`
  },
  'threeways-candidate.built': ({ subject, content }) =>
    `candidate ${shortDigest(subject)} was built: artifact ${shortDigest(word(content['artifact']))}, environment ${shortDigest(word(content['environment']))}`,
  'threeways-gate.decided': ({ content }) =>
    content['decision'] === 'open'
      ? `every gate of ${word(content['stage'])} is open`
      : `${word(content['stage'])} waits: ${first(content['reason'])}`,
  'threeways-promotion.approved': ({ content }) =>
    `${word(content['by'])} let it into ${word(content['stage'])}${content['reason'] ? `: ${word(content['reason'])}` : ''}`,
  'threeways-promotion.rejected': ({ content }) =>
    `${word(content['by'])} rejected it for ${word(content['stage'])}: ${first(content['reason'])}`,
  'threeways-gate.bypassed': ({ content }) =>
    `${word(content['by'])} let it pass the ${word(content['gate'])} gate of ${word(content['stage'])}: ${first(content['reason'])}`,
  'threeways-promotion.started': ({ content }) => `it entered ${word(content['stage'])}`,
  'threeways-promotion.verified': ({ content }) => `it is verified in ${word(content['stage'])}`,
  'threeways-promotion.failed': ({ content }) =>
    `it did not pass ${word(content['stage'])} (${word(content['outcome'])}): ${first(content['reason'])}`,
  'threeways-canary.judged': ({ content }) =>
    `the canary at ${String(content['percent'])} %: ${word(content['verdict'])}, ${first(content['why'])}`,
  'threeways-canary.continued': ({ content }) =>
    `${word(content['by'])} let the canary in ${word(content['stage'])} go on: ${word(content['reason'])}`,
  'threeways-gate.switched': ({ subject, content }) =>
    `${word(content['by']) || 'someone'} ${content['open'] === true ? 'opened' : 'closed'} the gate ${content['way'] === 'into' ? 'into' : 'onwards from'} ${subject}`,
  'threeways-deployment.failed': ({ subject, content }) => `${word(content['version'])} did not come to run in ${subject}`,
  'threeways-hook.added': ({ subject, content }) => `${word(content['by'])} lets ${subject} tell of itself by webhooks`,
  'threeways-hook.removed': ({ subject, content }) => `${word(content['by'])} takes in no more webhooks of ${subject}`,
  'service.deployed': (told) => `${told.subject} runs in ${place(told)}`,
  'service.upgraded': (told) => `${told.subject} was upgraded in ${place(told)}`,
  'service.rolledback': (told) => `${told.subject} in ${place(told)} went back to ${short(told.custom['commit'])}`,
  'service.removed': (told) => `${told.subject} was removed from ${place(told)}`,
  'environment.created': ({ subject }) => `environment ${subject} was made`,
  'environment.deleted': ({ subject }) => `environment ${subject} was destroyed`,
  'threeways-environment.drifted': ({ subject, content }) =>
    `${subject} drifted (${word(content['kind'])} ${word(content['about'])}): expected ${first(content['expected'])}, found ${first(content['observed'])}`,
  'threeways-environment.healed': ({ subject, content }) =>
    `${subject}: ${word(content['kind'])} ${word(content['about'])} is as it was made again`,
  'threeways-environment.extended': ({ subject, content }) =>
    content['until']
      ? `${word(content['by'])} let ${subject} live until ${word(content['until'])}`
      : `${word(content['by'])} lets ${subject} live on`,
  'threeways-environment.expiring': ({ subject, content }) =>
    `${subject} is destroyed at ${word(content['until'])} unless somebody extends its life`,
  'threeways-environment.slept': ({ subject }) => `${subject} fell asleep`,
  'threeways-environment.woke': ({ subject }) => `${subject} woke up`,
  'threeways-migration.applied': ({ content }) =>
    `${word(content['kind'])} migration ${word(content['file'])} was applied in ${word(content['environment'])}`,
  'threeways-backup.made': ({ content }) => `backup ${word(content['backup'])} of ${word(content['environment'])} was made`,
  'threeways-backup.restored': ({ content }) =>
    `${word(content['by'])} restored backup ${word(content['backup'])} in ${word(content['environment'])}`,
  'threeways-hold.placed': ({ content }) => `it is held out of ${word(content['stage'])}: ${first(content['reason'])}`,
  'threeways-hold.lifted': ({ content }) =>
    `${word(content['by'])} lifted the hold in ${word(content['stage'])}: ${word(content['reason'])}`,
  'threeways-check.flaked': ({ content }) =>
    `${word(content['check'])} failed and then passed in ${word(content['stage'])}: it is flaky, and the line did not stop`,
  'threeways-line.stopped': ({ subject, content }) =>
    `the line stopped (${subject}${scopeOf(content['scope'])}): ${first(content['reason'])}`,
  'threeways-line.owned': ({ subject, content }) => `${word(content['owner'])} leads the way out of ${subject}`,
  'threeways-line.joined': ({ subject, content }) => `${word(content['who'])} came to help with ${subject}`,
  'threeways-line.noted': ({ subject, content }) => `${word(content['by'])} on ${subject}: ${first(content['note'])}`,
  'threeways-line.judged': ({ subject, content }) =>
    `${word(content['by'])} called ${subject} ${content['falseStop'] === true ? 'a false stop' : 'a right stop'}: ${first(content['reason'])}`,
  'threeways-line.passed': ({ content }) =>
    `EMERGENCY: ${word(content['by'])} let it past the stopped line into ${word(content['stage'])}: ${first(content['reason'])}`,
  'threeways-line.spared': ({ content }) =>
    `it failed in ${word(content['stage'])} through no fault of its own; the line did not stop: ${first(content['reason'])}`,
  'threeways-line.started': ({ subject, content }) => `the line moves again (${subject}): ${first(content['reason'])}`,
}

/** An event as a sentence for people; undefined when it is not worth a line of a story. */
export function sentenceOf({ event }: RecordedEvent): string | undefined {
  const kind = /^dev\.cdeventsx?\.(.+)\.\d+\.\d+\.\d+$/.exec(event.type)?.[1] ?? ''
  const { subject, customData } = event.data
  const custom = typeof customData === 'object' ? customData : {}
  return sentences[kind]?.({ subject: subject.id, content: subject.content, custom })
}
