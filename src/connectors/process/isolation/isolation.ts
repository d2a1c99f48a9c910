import type { Isolation, ProviderName, Rendered } from '../../../flow/environment/provider.port.ts'
import type { Sandboxing } from './sandbox.ts'
import type { InstanceState, Isolated } from '../state.ts'

type Here = { readonly sandboxing: () => Sandboxing; readonly usual: ProviderName }

/** What runs an environment's services: `process` in a definition leaves it to the server. */
export function providerOf({ definition, settings }: Pick<Rendered, 'definition' | 'settings'>, usual: ProviderName): ProviderName {
  const written = definition.environments[settings]?.provider ?? 'process'
  return written === 'process' ? usual : written
}

/** How an instance that is started now runs: as what, and kept apart by what. */
export function runsAs(rendered: Rendered, here: Here): Pick<InstanceState, 'provider' | 'isolation'> {
  if (providerOf(rendered, here.usual) === 'docker') return { provider: 'docker' }
  const wanted = wantedIn(rendered)
  return wanted && here.sandboxing().available ? { isolation: { network: wanted.network } } : {}
}

/** The same for people: what is, or why it is not. */
export function isolationTold(rendered: Rendered | undefined, here: Here): Isolation {
  const wanted = rendered && wantedIn(rendered)
  if ((rendered ? providerOf(rendered, here.usual) : here.usual) === 'docker') return contained(wanted)
  if (!wanted) return { by: 'none', network: 'host', why: 'its definition does not ask for it' }
  const found = here.sandboxing()
  return found.available ? { by: 'bubblewrap', network: wanted.network, why: undefined } : { by: 'none', network: 'host', why: found.why }
}

/** As one that runs was started. */
export function isolationOf({ provider, isolation }: InstanceState, wanted: Isolation): Isolation {
  if (provider === 'docker') return wanted.by === 'container' ? wanted : contained(undefined)
  if (isolation) return { by: 'bubblewrap', network: isolation.network, why: undefined }
  return wanted.by === 'none' ? wanted : { by: 'none', network: 'host', why: 'it was started before isolation could be had' }
}

function contained(wanted: Isolated | undefined): Isolation {
  const why = wanted?.network === 'own' ? "its containers use the machine's network" : undefined
  return { by: 'container', network: 'host', why }
}

function wantedIn({ definition, settings }: Rendered) {
  return definition.environments[settings]?.isolation
}
