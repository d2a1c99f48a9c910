import { suggestion } from '../suggest.ts'
import type { Rule } from './rule.ts'
import { variablePath } from './services.ts'
import { namePattern } from '../schema/values.ts'

const root = ['x-threeways', 'environments']

/** Environments have names that can be folders and databases. */
export const environmentNames: Rule = ({ environments }, report) => {
  for (const name of Object.keys(environments)) {
    if (name === 'ephemeral') {
      const help = 'call it something else; a stage makes its environment for one run with ephemeral: true'
      report.key([...root, name], { message: '"ephemeral" is no name for an environment', value: name, help })
    } else if (!namePattern.test(name)) {
      const message = `the name "${name}" should be lower case letters, digits and dashes, begin with a letter and have at most 40 characters`
      report.key([...root, name], { message, value: name, help: 'for example production' })
    }
  }
}

/** A network of one's own is part of isolation. */
export const networks: Rule = ({ environments, defaults }, report) => {
  const isOff = (mode: string | undefined) => mode === undefined || mode === 'none'
  const complaint = { message: 'says nothing without isolation', help: 'add isolation: when-present, or required' }
  const written = { defaults, ...environments }
  for (const [name, { value, doubtful }] of Object.entries(written)) {
    if (!value?.network || doubtful.has('isolation') || defaults.doubtful.has('isolation')) continue
    const users = name === 'defaults' ? [defaults.value, ...Object.values(environments).map((one) => one.value)] : [value]
    const isUsed = users.some((one) => !isOff(one?.isolation ?? defaults.value?.isolation))
    if (!isUsed) report.key([...root, name, 'network'], { ...complaint, value: value.network })
  }
}

/** What differs between environments is declared, and speaks of things that exist. */
export const differences: Rule = ({ environments, defaults, services }, report) => {
  const isResource = (name: string) => Object.hasOwn(services, name) && Object.hasOwn(services[name]!.written, 'provider')
  const resources = Object.keys(services).filter(
    (name) => isResource(name) && (services[name]!.value?.provider?.type ?? 'threeways') === 'threeways',
  )
  const run = Object.keys(services).filter((name) => !isResource(name))
  for (const [environment, { written, value, doubtful }] of Object.entries(environments)) {
    if (!value) continue
    const declared = [...(defaults.value?.parity ?? []), ...value.parity]
    const declarationUnclear = defaults.doubtful.has('parity') || doubtful.has('parity')
    for (const [service, variables] of Object.entries(value.environment)) {
      const path = [...root, environment, 'environment', service]
      if (!run.includes(service)) {
        const message = isResource(service) ? `"${service}" is a resource and gets no variables` : `there is no service "${service}"`
        report.key(path, { message, value: service, help: suggestion(service, run, 'no service is defined') })
        continue
      }
      const wrote = (written['environment'] as Record<string, unknown>)[service]
      for (const variable of Object.keys(variables).filter((name) => !declarationUnclear && !declared.includes(name))) {
        report.key(variablePath(path, wrote, variable), {
          message: `undeclared difference: "${variable}" differs in "${environment}", but is not listed in "parity"`,
          value: variable,
          help: `add ${variable} to x-threeways.environments.defaults.parity, or give it one value for all under services.${service}.environment`,
        })
      }
    }
    for (const service of Object.keys(value.replicas ?? {}).filter((name) => !run.includes(name))) {
      const message = isResource(service) ? `"${service}" is a resource and has no replicas` : `there is no service "${service}"`
      const help = suggestion(service, run, 'no service is defined')
      report.key([...root, environment, 'replicas', service], { message, value: service, help })
    }
    for (const resource of Object.keys(value.seed).filter((name) => !resources.includes(name))) {
      const help = suggestion(resource, resources, 'no resource is defined')
      report.key([...root, environment, 'seed', resource], { message: `there is no resource "${resource}" to seed`, value: resource, help })
    }
  }
}
