import { shortDigest } from '../../kernel/digest.ts'
import { allTo, type Observed } from '../environment/provider.port.ts'
import { blueGreen } from './blue-green.ts'
import { canary, type Watching } from './canary.ts'
import { confirmRunning, converge, together, type Deployment } from './deployment.ts'
import { rolling } from './rolling.ts'

/**
 * Brings `next` into the environment. Every part converges, so after a crash it is simply done again; a canary goes on where
 * `watching` says that it was.
 * @throws ThreewaysError `SERVICE_UNHEALTHY`, `RUNNING_DIGEST_DIFFERS`, `CANARY_FAILED`; the caller then goes `back`
 */
export async function deploy(deployment: Deployment, watching: Watching): Promise<Observed> {
  switch (deployment.how.strategy) {
    case 'replace':
      await replaceOld(deployment)
      break
    case 'blue-green':
      await blueGreen(deployment)
      break
    case 'rolling':
      await rolling(deployment)
      break
    case 'canary':
      await canary(deployment, watching)
  }
  return confirmRunning(deployment, deployment.next)
}

/** Ends what served before; until then it stays warm, and going back takes no start. */
export async function retireOld(deployment: Deployment): Promise<Observed> {
  await converge(deployment, [deployment.next], allTo(deployment.next))
  return confirmRunning(deployment, deployment.next)
}

/** The previous candidate serves again, and nothing of `next` is left. Without one, the environment is empty. */
export async function back(deployment: Deployment): Promise<Observed> {
  const { previous, standing, next, shares, how } = deployment
  if (previous === undefined) {
    deployment.say('nothing was verified here before: the environment is emptied')
    return converge(deployment, [], [])
  }
  deployment.say(`going back to ${shortDigest(previous.candidate)}`)
  const nextServes = shares.some(({ candidate, percent }) => candidate === next.candidate && percent > 0)
  if (nextServes && (standing.length > 0 || how.strategy !== 'replace')) {
    // First only the traffic: what is broken must not serve while the rest is tidied up.
    await converge(deployment, together(standing, next, previous), allTo(previous))
  }
  await converge(deployment, [previous], allTo(previous))
  return confirmRunning(deployment, previous)
}

async function replaceOld(deployment: Deployment): Promise<void> {
  await converge(deployment, [deployment.next], allTo(deployment.next))
}
