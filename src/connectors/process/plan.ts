import { shortDigest } from '../../kernel/digest.ts'
import { invalid } from '../../kernel/errors.ts'
import type { Action, Desired, DeploymentKey, Role, Share, Target } from '../../flow/environment/provider.port.ts'
import { providedActions } from './provided/wanted.ts'
import { deploymentOf, isOf, keyOf, type EnvironmentState, type InstanceState } from './state.ts'

/** What has to happen so that the target is reached. */
export type Decision = {
  /** Its deployment is not wanted any more, or another takes its place. */
  readonly stop: readonly InstanceState[]
  readonly keep: readonly InstanceState[]
  readonly create: readonly { readonly desired: Desired; readonly service: string; readonly replica: number }[]
  /** Deployments whose every service must become ready. */
  readonly required: readonly DeploymentKey[]
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
  const create: { desired: Desired; service: string; replica: number }[] = []
  const actions: Action[] = []
  const resources = resourcesOf(target, state)
  for (const { name, ready } of resources) {
    actions.push({ kind: ready ? 'keep' : 'create', subject: `resource ${name}`, reason: ready ? 'exists' : 'does not exist yet' })
  }
  actions.push(...providedActions(target, state))
  for (const instance of instances) {
    const reason = whyUnwanted(target, instance) ?? (hasSuccessor(instances, instance) ? 'another one has taken its place' : undefined)
    if (reason === undefined) continue
    stop.push(instance)
    actions.push({ kind: 'stop', subject: subjectOf(instance), reason })
  }
  for (const desired of target.deployments) {
    const { candidate, role } = keyOf(desired)
    for (const { service, replica } of wantedOf(desired)) {
      const instance = instances.find((one) => one.phase !== 'stopping' && isPart(one, desired, service, replica))
      const subject = subjectOf({ service, candidate, role, replica })
      const reason = instance ? (changed(desired, instance) ?? unfit(instance)) : 'does not run yet'
      if (reason === undefined || !required.some((key) => isOf(key, desired))) {
        if (instance) keep.push(instance)
        actions.push({ kind: 'keep', subject, reason: reason === undefined ? 'runs' : `left as it is: ${reason}` })
        continue
      }
      if (instance) stop.push(instance)
      create.push({ desired, service, replica })
      actions.push({ kind: 'create', subject, reason })
    }
  }
  return { stop, keep, create, required, resources, actions: [...actions, trafficAction(target, state)] }
}

/** Every instance a deployment consists of. */
export function wantedOf({ rendered, replicas }: Desired): readonly { readonly service: string; readonly replica: number }[] {
  return Object.entries(rendered.definition.services).flatMap(([service, settings]) =>
    Array.from({ length: replicas?.[service] ?? settings.replicas ?? 1 }, (_, replica) => ({ service, replica })),
  )
}

export function isPart(instance: InstanceState, of: Pick<Desired, 'candidate' | 'role'>, service: string, replica: number): boolean {
  return isOf(instance, of) && instance.service === service && instance.replica === replica
}

/** A newer one was started beside it, to take its place; those stand first. */
export function hasSuccessor(instances: readonly InstanceState[], instance: InstanceState): boolean {
  return instances.find((one) => one.phase !== 'stopping' && isPart(one, instance, instance.service, instance.replica))?.id !== instance.id
}

/** @throws ThreewaysError `TARGET_INVALID` */
export function checkTarget({ environment, deployments, shares }: Target): void {
  const names = deployments.map((desired) => deploymentOf(keyOf(desired)))
  const twice = deployments.find((desired, index) => names.indexOf(deploymentOf(keyOf(desired))) !== index)
  if (twice !== undefined) {
    throw invalid('TARGET_INVALID', { message: `candidate ${shortDigest(twice.candidate)} is deployed twice to "${environment}"` })
  }
  const stranger = shares.find((share) => !names.includes(deploymentOf(share)))
  if (stranger !== undefined) {
    throw invalid('TARGET_INVALID', {
      message: `traffic of "${environment}" should go to ${nameOf(stranger)}, which is not among its deployments`,
      help: 'deploy that candidate, or send traffic to one that is deployed',
    })
  }
  const sum = shares.reduce((total, { percent }) => total + percent, 0)
  if ((sum === 100 || shares.length === 0) && shares.every(({ percent }) => Number.isInteger(percent) && percent >= 0)) return
  throw invalid('TARGET_INVALID', {
    message: `the shares of "${environment}" are ${shares.map(({ percent }) => percent).join(', ')}`,
    help: 'give whole percents that add up to 100',
  })
}

function requiredOf(target: Target, state: EnvironmentState | undefined): readonly DeploymentKey[] {
  const isProven = (desired: Desired) =>
    wantedOf(desired).every(({ service, replica }) =>
      state?.instances.some((one) => isPart(one, desired, service, replica) && (one.proven || isCompleted(one))),
    )
  const changeOf = (desired: Desired) => percentOf(target.shares, desired) - percentOf(state?.shares ?? [], desired)
  const growing = target.deployments.filter((desired) => changeOf(desired) > 0)
  const isLosing = target.deployments.some((desired) => changeOf(desired) < 0)
  const unproven = target.deployments.filter((desired) => !isProven(desired))
  // Moving traffic away from a broken candidate must not wait for it.
  const movesAway = growing.length > 0 && (isLosing || growing.every(isProven))
  const required = movesAway ? growing : target.deployments.filter((desired) => unproven.includes(desired) || growing.includes(desired))
  return (required.length === 0 ? target.deployments : required).map(keyOf)
}

const percentOf = (shares: readonly Share[], of: Pick<Desired, 'candidate' | 'role'>) =>
  shares.find((share) => isOf(share, of))?.percent ?? 0

/** It did its work and ended, as it may. */
export function isCompleted(instance: InstanceState): boolean {
  return instance.phase === 'stopped' && instance.problem === null
}

function whyUnwanted(target: Target, instance: InstanceState): string | undefined {
  const desired = target.deployments.find((one) => isOf(instance, one))
  if (desired?.rendered.definition.services[instance.service] === undefined) return 'its deployment is no longer wanted'
  if (instance.phase === 'stopping') return 'was being stopped'
  const isWanted = wantedOf(desired).some(({ service, replica }) => isPart(instance, desired, service, replica))
  return isWanted ? undefined : 'fewer replicas are wanted'
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
  const [before, after] = [namesOf(state?.shares ?? []), namesOf(target.shares)]
  return before === after
    ? { kind: 'keep', subject: 'traffic', reason: `goes to ${after}` }
    : { kind: 'switch', subject: 'traffic', reason: `from ${before} to ${after}` }
}

/** For people: `1f3c…`, or `90 % 1f3c…, 5 % its baseline …`. */
export function namesOf(shares: readonly Share[]): string {
  const some = shares.filter(({ percent }) => percent > 0)
  if (some.length === 0) return 'nothing'
  return some.length === 1 ? nameOf(some[0]!) : some.map((share) => `${nameOf(share)} ${share.percent} %`).join(', ')
}

function nameOf({ candidate, role }: DeploymentKey): string {
  return role === 'main' ? shortDigest(candidate) : `the ${role} ${shortDigest(candidate)}`
}

type Part = DeploymentKey & { readonly service: string; readonly role: Role; readonly replica: number }

export function subjectOf({ service, replica, ...deployment }: Part): string {
  return `service ${replica === 0 ? service : `${service} (${replica + 1})`} of ${nameOf(deployment)}`
}

/** Each has a public address. */
export function servicesWithPort(services: Desired['rendered']['definition']['services']): readonly string[] {
  return Object.entries(services).flatMap(([name, service]) => (service.port === undefined ? [] : [name]))
}
