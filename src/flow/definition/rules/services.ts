import type { Entry } from '../outline.ts'
import type { ServiceEntry } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import { cyclesOf, type Rule } from './rule.ts'

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

/** A limit is said once. */
export const limitsOnce: Rule = ({ services }, report) => {
  for (const [name, { value }] of Object.entries(services)) {
    const long = value?.deploy?.resources?.limits
    const short = { mem_limit: 'memory', cpus: 'cpus', pids_limit: 'pids' } as const
    for (const [key, other] of Object.entries(short) as [keyof typeof short, 'memory' | 'cpus' | 'pids'][]) {
      if (value?.[key] === undefined || long?.[other] === undefined) continue
      const message = `says the same as deploy.resources.limits.${other}`
      report.key(['services', name, key], { message, value: key, help: 'keep one of the two' })
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

/** Where a variable stands, in either form of writing. */
export function variablePath(path: readonly string[], written: unknown, variable: string): readonly (string | number)[] {
  return [
    ...path,
    Array.isArray(written) ? written.findIndex((entry) => typeof entry === 'string' && entry.startsWith(`${variable}=`)) : variable,
  ]
}
