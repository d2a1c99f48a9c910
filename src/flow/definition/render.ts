import { digestOf } from '../../kernel/digest.ts'
import { notFound } from '../../kernel/errors.ts'
import type { Definition, Rendered } from './definition.ts'
import { suggestion } from './suggest.ts'

/**
 * What one environment is, with its settings applied: values that differ here are in the services, its seeds in the resources.
 * The digest covers what runs (provider, services, resources, what others provide) and not how often, so two environments that run the same have the
 * same, and what runs need not be started anew when there are to be more of it. Pure.
 *
 * @throws ThreewaysError `ENVIRONMENT_UNKNOWN`
 */
export function rendered(definition: Definition, settingsName: string): Rendered {
  if (!Object.hasOwn(definition.environments, settingsName)) {
    throw notFound('ENVIRONMENT_UNKNOWN', {
      message: `"${definition.name}" has no environment "${settingsName}"`,
      help: suggestion(settingsName, Object.keys(definition.environments), 'none is defined under x-threeways.environments'),
    })
  }
  const settings = definition.environments[settingsName]!
  const services = mapValues(definition.services, (service, name) => {
    const replicas = settings.replicas?.[name] ?? service.replicas
    const environment = { ...service.environment, ...settings.environment[name] }
    return { ...service, environment, ...(replicas === undefined ? {} : { replicas }) }
  })
  const resources = mapValues(definition.resources, (resource, name) => ({ ...resource, seed: settings.seed[name] ?? resource.seed }))
  return {
    settings: settingsName,
    definition: { ...definition, services, resources },
    digest: digestOf({
      provider: settings.provider,
      services: mapValues(services, ({ replicas: _, ...service }) => service),
      resources,
      ...(definition.provided ? { provided: definition.provided } : {}),
      ...(settings.isolation ? { isolation: settings.isolation } : {}),
    }),
  }
}

function mapValues<T, U = T>(record: Readonly<Record<string, T>>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}
