import { shortDigest, type Digest } from '../../kernel/digest.ts'
import { invalid } from '../../kernel/errors.ts'
import type { Action, Desired, Target } from '../../flow/environment/provider.port.ts'
import type { EnvironmentState, InstanceState } from './state.ts'

/** What has to happen so that the target is reached. */
export type Decision = {
  /** Its deployment is not wanted any more, or another takes its place. */
  readonly stop: readonly InstanceState[]
  readonly keep: readonly InstanceState[]
  readonly create: readonly { readonly desired: Desired; readonly service: string }[]
  /** What every one of its services must be ready for. */
  readonly required: readonly Digest[]
  readonly resources: readonly { readonly name: string; readonly ready: boolean }[]
  readonly actions: readonly Action[]
}

/** `undefined`: it is as it should be. Otherwise why it has to be replaced. */
export type Unfit = (instance: InstanceState) => string | undefined

/**
 * Pure: the same state and target always give the same decision.
 *
 * Only a deployment that was never ready, or that traffic moves to, has to become ready. One that serves already, or stands
 * by, must not keep its successor from starting: the successor may be its cure.
 */
export function decide(target: Target, state: EnvironmentState | undefined, unfit: Unfit): Decision {
  const instances = state?.instances ?? []
  const required = requiredOf(target, state)
  const keep: InstanceState[] = []
  const stop: InstanceState[] = []
  const create: { desired: Desired; service: string }[] = []
  const actions: Action[] = []
  const resources = resourcesOf(target, state)
  for (const { name, ready } of resources) {
    actions.push({ kind: ready ? 'keep' : 'create', subject: `resource ${name}`, reason: ready ? 'exists' : 'does not exist yet' })
  }
  for (const instance of instances) {
    if (isWanted(target, instance)) continue
    stop.push(instance)
    actions.push({ kind: 'stop', subject: subjectOf(instance), reason: 'its deployment is no longer wanted' })
  }
  for (const desired of target.deployments) {
    for (const service of Object.keys(desired.rendered.definition.services)) {
      const instance = instances.find((one) => one.candidate === desired.candidate && one.service === service && one.phase !== 'stopping')
      const subject = subjectOf({ service, candidate: desired.candidate })
      const reason = instance ? (changed(desired, instance) ?? unfit(instance)) : 'does not run yet'
      if (reason === undefined || !required.includes(desired.candidate)) {
        if (instance) keep.push(instance)
        actions.push({ kind: 'keep', subject, reason: reason === undefined ? 'runs' : `left as it is: ${reason}` })
        continue
      }
      if (instance) stop.push(instance)
      create.push({ desired, service })
      actions.push({ kind: 'create', subject, reason })
    }
  }
  return { stop, keep, create, required, resources, actions: [...actions, trafficAction(target, state)] }
}

/** @throws ThreewaysError `TARGET_INVALID` */
export function checkTarget(target: Target): void {
  const candidates = target.deployments.map((desired) => desired.candidate)
  const twice = candidates.find((candidate, index) => candidates.indexOf(candidate) !== index)
  if (twice !== undefined) {
    throw invalid('TARGET_INVALID', { message: `candidate ${shortDigest(twice)} is deployed twice to "${target.environment}"` })
  }
  if (target.traffic === undefined || candidates.includes(target.traffic)) return
  throw invalid('TARGET_INVALID', {
    message: `traffic of "${target.environment}" should go to ${shortDigest(target.traffic)}, which is not among its deployments`,
    help: 'deploy that candidate, or send traffic to one that is deployed',
  })
}

function requiredOf(target: Target, state: EnvironmentState | undefined): readonly Digest[] {
  const isProven = (desired: Desired) =>
    Object.keys(desired.rendered.definition.services).every((service) =>
      state?.instances.some((one) => one.candidate === desired.candidate && one.service === service && (one.proven || isCompleted(one))),
    )
  const all = target.deployments.map((desired) => desired.candidate)
  const unproven = target.deployments.filter((desired) => !isProven(desired)).map((desired) => desired.candidate)
  const movesTo = target.traffic !== undefined && target.traffic !== (state?.traffic ?? undefined) ? [target.traffic] : []
  // Moving traffic away from a broken candidate must not wait for it.
  const required = movesTo.length > 0 && !unproven.includes(movesTo[0]!) ? movesTo : [...new Set([...unproven, ...movesTo])]
  return required.length === 0 ? all : required
}

/** It did its work and ended, as it may. */
export function isCompleted(instance: InstanceState): boolean {
  return instance.phase === 'stopped' && instance.problem === null
}

function isWanted(target: Target, instance: InstanceState): boolean {
  const desired = target.deployments.find((one) => one.candidate === instance.candidate)
  return desired?.rendered.definition.services[instance.service] !== undefined && instance.phase !== 'stopping'
}

function changed(desired: Desired, instance: InstanceState): string | undefined {
  if (instance.artifact !== desired.artifact) return `runs from another folder, ${instance.artifact}`
  return instance.settings === desired.rendered.digest ? undefined : 'its settings changed'
}

function resourcesOf(target: Target, state: EnvironmentState | undefined): Decision['resources'] {
  const names = target.deployments.flatMap((desired) => Object.keys(desired.rendered.definition.resources))
  return [...new Set(names)].map((name) => ({ name, ready: state?.resources[name]?.ready === true }))
}

function trafficAction(target: Target, state: EnvironmentState | undefined): Action {
  const now = state?.traffic ?? undefined
  const name = (digest: Digest | undefined) => (digest === undefined ? 'nothing' : shortDigest(digest))
  return target.traffic === now
    ? { kind: 'keep', subject: 'traffic', reason: `goes to ${name(now)}` }
    : { kind: 'switch', subject: 'traffic', reason: `from ${name(now)} to ${name(target.traffic)}` }
}

export function subjectOf(instance: { readonly service: string; readonly candidate: Digest }): string {
  return `service ${instance.service} of ${shortDigest(instance.candidate)}`
}
