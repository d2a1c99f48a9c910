import { allTo } from '../environment/provider.port.ts'
import { converge, together, type Deployment } from './deployment.ts'

/** The new starts beside the old, becomes healthy, gets the traffic. */
export async function blueGreen(deployment: Deployment): Promise<void> {
  const { standing, next, traffic } = deployment
  const both = together(standing, next)
  await converge(deployment, both, allTo(both.find(({ candidate }) => candidate === traffic)))
  await converge(deployment, both, allTo(next))
}
