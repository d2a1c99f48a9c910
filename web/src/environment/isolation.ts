import type { EnvironmentView } from '../api/types.ts'

/** How an environment is kept apart from what else runs on its machine, in a sentence. */
export function isolationTold({ by, network, why }: EnvironmentView['isolation']): string {
  if (by === 'container') return "in containers, with the machine's network"
  if (by === 'none') return `not isolated: ${why}`
  return `isolated by ${by}${network === 'own' ? '' : ", with the machine's network"}`
}
