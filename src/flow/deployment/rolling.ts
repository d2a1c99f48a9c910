import { allTo, type Desired, type Share } from '../environment/provider.port.ts'
import { blueGreen } from './blue-green.ts'
import { converge, replacedBy, type Deployment } from './deployment.ts'

/**
 * One replica after the other: one more of the new starts and gets its share, then as many of the old end. No more than one
 * replica of each service is there beyond what was asked for. Goes on from the share that the new one has.
 */
export async function rolling(deployment: Deployment): Promise<void> {
  const { standing, next, shares } = deployment
  const old = replacedBy(deployment)
  const percentNow = shares.find(({ candidate }) => candidate === next.candidate)?.percent ?? 0
  // Nothing gives way to it, or it has all of the traffic already.
  if (old === undefined) return blueGreen(deployment)
  const others = standing.filter((one) => one !== old)
  const rounds = Math.max(...Object.values(replicasOf(next)))
  for (let round = roundAt(percentNow, rounds) + 1; round <= rounds; round++) {
    const [before, after] = [sharesAt(deployment, old, round - 1, rounds), sharesAt(deployment, old, round, rounds)]
    const beside = [...others, part(old, 1 - (round - 1) / rounds), part(next, round / rounds)]
    deployment.say(`round ${round} of ${rounds}`)
    await converge(deployment, beside, before)
    await converge(deployment, beside, after)
    if (round < rounds) await converge(deployment, [...others, part(old, 1 - round / rounds), part(next, round / rounds)], after)
  }
  await converge(deployment, [next], allTo(next))
}

const percentAt = (round: number, rounds: number) => Math.floor((100 * round) / rounds)

function roundAt(percent: number, rounds: number): number {
  let round = 0
  while (round < rounds - 1 && percentAt(round + 1, rounds) <= percent) round++
  return round
}

function sharesAt({ next }: Deployment, old: Desired, round: number, rounds: number): readonly Share[] {
  const percent = percentAt(round, rounds)
  return [...allTo(old).map((share) => ({ ...share, percent: 100 - percent })), ...allTo(next).map((share) => ({ ...share, percent }))]
}

/** Instances per service that a candidate's definition asks for. */
export function replicasOf({ rendered }: Desired): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(rendered.definition.services).map(([name, { replicas = 1 }]) => [name, replicas]))
}

/** A deployment with a part of its replicas, of each service at least one. */
export function part(desired: Desired, fraction: number): Desired {
  const some = Object.entries(replicasOf(desired)).map(([name, all]) => [name, Math.max(1, Math.ceil(all * fraction - 1e-9))])
  return { ...desired, replicas: Object.fromEntries(some) as Readonly<Record<string, number>> }
}
