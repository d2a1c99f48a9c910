import type { Desired, EnvironmentProvider, Target } from '../environment/provider.port.ts'
import type { Stage } from '../environment/contract-stage.ts'
import type { Deploy } from '../definition/definition.ts'
import type { Deployment } from './deployment.ts'

/** What a deployment needs to bring `next` in beside `old`, on a real provider. @param applied - hears every target */
export async function deploymentOf(
  stage: Stage,
  how: Deploy,
  next: Desired,
  old: Desired,
  applied: (target: Target) => void = () => {},
): Promise<Deployment> {
  const { traffic, shares } = await stage.provider.observe(stage.environment)
  const { provider: real, environment } = stage
  const provider: EnvironmentProvider = Object.assign(Object.create(real) as EnvironmentProvider, {
    plan: (target: Target) => {
      applied(target)
      return real.plan(target)
    },
    apply: real.apply.bind(real),
    observe: real.observe.bind(real),
    measure: real.measure.bind(real),
  })
  const signal = new AbortController().signal
  return { provider, environment, how, next, standing: [old], traffic, shares, previous: old, say() {}, signal }
}
