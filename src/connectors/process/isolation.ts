import type { Isolation, Rendered } from '../../flow/environment/provider.port.ts'
import type { Sandboxing } from './sandbox.ts'
import type { Isolated } from './state.ts'

/** How an instance that is started now is kept apart; undefined: not at all. */
export function isolationOf(rendered: Rendered, sandboxing: () => Sandboxing): Isolated | undefined {
  const wanted = wantedIn(rendered)
  return wanted && sandboxing().available ? { network: wanted.network } : undefined
}

/** The same for people: what is, or why it is not. */
export function isolationTold(rendered: Rendered | undefined, sandboxing: () => Sandboxing): Isolation {
  const wanted = rendered && wantedIn(rendered)
  if (!wanted) return { by: 'none', network: 'host', why: 'its definition does not ask for it' }
  const found = sandboxing()
  return found.available ? { by: 'bubblewrap', network: wanted.network, why: undefined } : { by: 'none', network: 'host', why: found.why }
}

function wantedIn({ definition, settings }: Rendered) {
  return definition.environments[settings]?.isolation
}
