import type { Fault } from '../../../kernel/errors.ts'
import type { Definition, Positions, ProviderName } from '../../../flow/environment/provider.port.ts'
import { findProvider } from '../../compose/find-provider.ts'
import { metadataOf, optionFaults } from '../../compose/metadata.ts'
import { providerOf } from '../isolation/isolation.ts'
import { providerVariables } from './provided.ts'

/** What providers of others cannot do for a definition, each where the file asks for it. Asks them which options they take. */
export async function providedRefusals(definition: Definition, positions: Positions, usual: ProviderName): Promise<readonly Fault[]> {
  const provided = Object.entries(definition.provided ?? {})
  if (provided.length === 0) return []
  const faults = await Promise.all(
    provided.map(async ([name, { type, options }]): Promise<readonly Fault[]> => {
      const at = `/services/${name}/provider`
      const program = findProvider(type, process.env)
      if (program === undefined) {
        const message = `"${name}" is provided by "${type}", and there is no such provider here`
        const help = `install it: the program ${type} on the PATH of the server, or the plugin docker-${type} of Docker; or correct the type`
        return [{ path: `${at}/type`, message, help, value: type, ...positions.at(`${at}/type`) }]
      }
      const metadata = await metadataOf(program, providerVariables(process.env))
      if (metadata === undefined) return []
      return optionFaults(options, metadata).map(({ option, message, help }) => {
        const path = option === undefined ? `${at}/options` : `${at}/options/${option}`
        return { path, message: `provider "${type}" ${message}`, help, ...positions.at(path) }
      })
    }),
  )
  return [...faults.flat(), ...isolationFaults(definition, positions, usual, provided[0]![0])]
}

/** Its addresses are anywhere: from a network of one's own they are not reached. */
function isolationFaults(definition: Definition, positions: Positions, usual: ProviderName, name: string): readonly Fault[] {
  return Object.entries(definition.environments).flatMap(([settings, { isolation }]) => {
    if (isolation?.network !== 'own' || providerOf({ definition, settings }, usual) === 'docker') return []
    const path = `/x-threeways/environments/${settings}/isolation`
    const message = `environment "${settings}" has networks of its own, from which nothing reaches "${name}", which a provider makes`
    return [{ path, message, help: 'add `network: host`: processes and files are kept apart all the same', ...positions.at(path) }]
  })
}
