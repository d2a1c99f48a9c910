import { killMarked, environmentOf, pidsMarked } from '../../../kernel/process.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import { marks } from '../variables.ts'

/** Ids of the instances of this home of which any process lives, whatever the records say. Linux only. */
async function livingInstances(home: string, environment: EnvironmentId | undefined): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const pid of await pidsMarked(marks.home, home)) {
    const variables = await environmentOf(pid)
    const instance = variables?.[marks.instance]
    if (instance === undefined || (environment !== undefined && variables?.[marks.environment] !== environment)) continue
    found.set(instance, (found.get(instance) ?? 0) + 1)
  }
  return found
}

/**
 * Ends processes of this home that belong to no instance anybody knows of, all or those of one environment.
 * @param release - gives back what else an instance held, whose processes have ended
 * @returns how many processes
 */
export async function endOrphans(
  home: string,
  isKnown: (instance: string) => boolean,
  environment: EnvironmentId | undefined,
  release: (instance: string) => Promise<void>,
): Promise<number> {
  let ended = 0
  for (const instance of (await livingInstances(home, environment)).keys()) {
    if (isKnown(instance)) continue
    ended += await killMarked(marks.instance, instance)
    await release(instance)
  }
  return ended
}
