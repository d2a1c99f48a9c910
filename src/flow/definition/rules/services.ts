import { variablePrefix } from '../definition.ts'
import type { Entry, Outline } from '../outline.ts'
import type { ServiceEntry } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import { cyclesOf, type Report, type Rule } from './rule.ts'

const isResource = (entry: Entry<ServiceEntry>) => Object.hasOwn(entry.written, 'provider')

/** A service is either run or provided. */
export const runnable: Rule = ({ services }, report) => {
  for (const [name, entry] of Object.entries(services)) {
    const { written } = entry
    const path = ['services', name]
    if (isResource(entry)) {
      for (const key of Object.keys(written).filter((key) => key !== 'provider')) {
        report.key([...path, key], {
          message: `"${key}" says nothing about a resource`,
          value: key,
          help: 'a service with "provider" has no other key',
        })
      }
    } else if (!Object.hasOwn(written, 'x-run') && !Object.hasOwn(written, 'command')) {
      const postgres = /(^|\/)(postgres|postgis|timescaledb)\b/.test(typeof written['image'] === 'string' ? written['image'] : '')
      report.key(path, {
        message: `service "${name}" does not say how it runs: it has neither "x-run" nor "command"`,
        help: postgres
          ? 'write provider: {type: threeways, options: {resource: postgres}} instead of the image'
          : 'add x-run: {command: [node, server.js]}',
      })
    }
  }
}

/** Dependencies exist, can become healthy, and do not go round in circles. */
export const dependencies: Rule = ({ services }, report) => {
  const graph = new Map<string, readonly string[]>()
  for (const [name, { written, value }] of Object.entries(services)) {
    graph.set(name, Object.keys(value?.depends_on ?? {}))
    for (const [other, condition] of Object.entries(value?.depends_on ?? {})) {
      const path = dependencyPath(name, written['depends_on'], other)
      const target = Object.hasOwn(services, other) ? services[other] : undefined
      if (!target) {
        const help = suggestion(
          other,
          Object.keys(services).filter((each) => each !== name),
          'there is no other service',
        )
        report.key(path, { message: `service "${name}" depends on "${other}", which does not exist`, value: other, help })
      } else if (condition === 'healthy' && !isResource(target) && !Object.hasOwn(target.written, 'healthcheck')) {
        const help = `add a healthcheck to "${other}", or wait for service_started`
        report.key(path, {
          message: `service "${name}" waits until "${other}" is healthy, but that has no health check`,
          value: other,
          help,
        })
      }
    }
  }
  for (const cycle of cyclesOf(graph)) {
    const path = dependencyPath(cycle[0]!, services[cycle[0]!]!.written['depends_on'], cycle[1] ?? cycle[0]!)
    report.key(path, {
      message: `services wait for each other: ${[...cycle, cycle[0]].join(' → ')}`,
      help: 'remove one of these dependencies',
    })
  }
}

function dependencyPath(service: string, written: unknown, other: string): readonly (string | number)[] {
  return ['services', service, 'depends_on', Array.isArray(written) ? written.indexOf(other) : other]
}

/** A health check looks at something. */
export const healthChecks: Rule = ({ services }, report) => {
  for (const [name, { written, value }] of Object.entries(services)) {
    const health = written['healthcheck']
    if (health === null || typeof health !== 'object') continue
    const path = ['services', name, 'healthcheck']
    const http = Object.hasOwn(health, 'x-http')
    if (!http && !Object.hasOwn(health, 'test')) {
      report.key(path, {
        message: 'a health check needs "x-http" or "test"',
        help: 'for example x-http: /healthz, or test: ["CMD", "node", "scripts/health.js"]',
      })
    }
    if (http && value && (written['ports'] === undefined || value.ports?.length === 0)) {
      report([...path, 'x-http'], { message: `service "${name}" has no port to ask for its health`, help: 'add ports: ["3000"]' })
    }
  }
}

/** Variables an environment sets itself cannot be set in the file: they would be lost. */
export const reservedVariables: Rule = (outline, report) => {
  for (const [name, { written, value }] of Object.entries(outline.services)) {
    reportReserved(outline, name, Object.keys(value?.environment ?? {}), written['environment'], ['services', name, 'environment'], report)
  }
  for (const [environment, { written, value }] of Object.entries(outline.environments)) {
    for (const [name, variables] of Object.entries(value?.environment ?? {})) {
      const wrote = (written['environment'] as Record<string, unknown> | undefined)?.[name]
      reportReserved(
        outline,
        name,
        Object.keys(variables),
        wrote,
        ['x-threeways', 'environments', environment, 'environment', name],
        report,
      )
    }
  }
}

function reportReserved(
  outline: Outline,
  service: string,
  variables: readonly string[],
  written: unknown,
  path: readonly string[],
  report: Report,
): void {
  const dependencies = outline.services[service]?.value?.depends_on ?? {}
  const given = new Map(Object.keys(dependencies).map((name) => [`${variablePrefix(name)}_URL`, `the address of "${name}"`]))
  given.set('PORT', 'the port to listen on')
  for (const variable of variables) {
    const what = given.get(variable) ?? (variable.startsWith('THREEWAYS_') ? 'a name kept for our own variables' : undefined)
    if (what === undefined) continue
    report.key(variablePath(path, written, variable), {
      message: `"${variable}" is set by the environment: ${what}`,
      value: variable,
      help: 'remove it, or choose another name',
    })
  }
}

/** Where a variable stands, in either form of writing. */
export function variablePath(path: readonly string[], written: unknown, variable: string): readonly (string | number)[] {
  return [
    ...path,
    Array.isArray(written) ? written.findIndex((entry) => typeof entry === 'string' && entry.startsWith(`${variable}=`)) : variable,
  ]
}
