import { parse } from 'yaml'
import { messageOf } from '../../kernel/errors.ts'
import type { ClueReader, Clues, FoundCommand, FoundHealth, FoundResource, FoundService } from '../../flow/definition/init/clues.port.ts'
import { variablesOf } from './variables.ts'

/** In Compose's own order: the first that exists is the one. */
const names = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

type Entry = Readonly<Record<string, unknown>>
type LeftOut = { readonly what: string; readonly why: string }

/** Reads services from a Compose file: those that run the repository's code, and databases as resources. */
export const compose: ClueReader = {
  reads: names,
  read({ files }, folder) {
    const from = names.map((name) => (folder === '.' ? name : `${folder}/${name}`)).find((path) => files[path] !== undefined)
    if (from === undefined) return undefined
    let document: unknown
    try {
      document = parse(files[from]!, { merge: true, maxAliasCount: 100, logLevel: 'error' })
    } catch (error) {
      return { from, leftOut: [{ what: from, why: `it cannot be read: ${messageOf(error).split('\n', 1)[0]}` }] }
    }
    const entries = isRecord(document) && isRecord(document['services']) ? Object.entries(document['services']) : []
    const leftOut: LeftOut[] = []
    const services: FoundService[] = []
    const resources: FoundResource[] = []
    for (const [name, value] of entries) {
      const entry = isRecord(value) ? value : {}
      if (isPostgres(entry)) resources.push({ name, type: 'postgres', ...seedOf(entry) })
      else if (runsOurCode(entry)) services.push(serviceOf(name, entry, folder, leftOut))
      else if (isRecord(entry['provider']))
        leftOut.push({
          what: `the service ${name}`,
          why: `what it is provided by (${String(entry['provider']['type'])}) may not be on the server: where it is, copy its "provider" as it stands`,
        })
      else
        leftOut.push({
          what: `the service ${name}`,
          why: `its image (${String(entry['image'] ?? 'none')}) is not built here, and there is no resource of this kind`,
        })
    }
    const projectName = isRecord(document) && typeof document['name'] === 'string' ? { name: document['name'] } : {}
    return { from, ...projectName, services, resources: resources.map((each) => withAddresses(each, services)), leftOut } satisfies Clues
  },
}

const isPostgres = (entry: Entry) => /(^|\/)(postgres|postgis|timescaledb|pgvector)(-ha)?(:|@|$)/.test(text(entry['image']) ?? '')

/** Built here, or an image of a language with the repository mounted into it. */
function runsOurCode(entry: Entry): boolean {
  if (entry['build'] !== undefined && entry['build'] !== null) return true
  return entry['command'] !== undefined && volumes(entry).some(({ source }) => source === '.' || source === './' || source.startsWith('./'))
}

function serviceOf(name: string, entry: Entry, folder: string, leftOut: LeftOut[]): FoundService {
  const told = (what: string, why: string) => leftOut.push({ what: `${what} of the service ${name}`, why })
  const variables = variablesOf(entry['environment'])
  for (const { name: variable, why } of variables.leftOut) told(`the variable ${variable}`, why)
  if (entry['env_file'] !== undefined) told('env_file', 'values come from this file or from an environment, not from files beside it')
  for (const key of ['networks', 'secrets', 'configs', 'deploy', 'profiles', 'extends'])
    if (entry[key] !== undefined) told(key, 'processes do not have it')
  if (volumes(entry).some(({ source }) => !source.startsWith('.'))) told('volumes', 'data belongs into a resource')
  const build = isRecord(entry['build']) ? text(entry['build']['context']) : text(entry['build'])
  const entrypoint = commandOf(entry['entrypoint'])
  const command = commandOf(entry['command'])
  const both =
    entrypoint && 'words' in entrypoint && command && 'words' in command
      ? { words: [...entrypoint.words, ...command.words] }
      : (entrypoint ?? command)
  return {
    name,
    folder: relative(folder, build ?? '.'),
    ...(both === undefined ? {} : { command: both }),
    ...portOf(entry),
    environment: variables.values,
    ...healthOf(entry['healthcheck']),
    dependsOn: dependenciesOf(entry['depends_on'], told),
    ...stopOf(entry),
  }
}

function commandOf(value: unknown): FoundCommand | undefined {
  if (typeof value === 'string' && value.trim() !== '') return { shell: value.replaceAll('$$', '$') }
  if (Array.isArray(value) && value.length > 0) return { words: value.map((word) => String(word).replaceAll('$$', '$')) }
  return undefined
}

function portOf(entry: Entry): { readonly port?: number } {
  const written = [...(Array.isArray(entry['ports']) ? entry['ports'] : []), ...(Array.isArray(entry['expose']) ? entry['expose'] : [])]
  const targets = written.map((port: unknown) => Number(isRecord(port) ? port['target'] : /(\d+)(\/tcp)?$/.exec(String(port))?.[1]))
  const port = targets.find((each) => Number.isInteger(each) && each >= 1 && each <= 65_535)
  return port === undefined ? {} : { port }
}

function healthOf(value: unknown): { readonly health?: FoundHealth } {
  if (!isRecord(value) || value['disable'] === true) return {}
  const [form, ...words] = Array.isArray(value['test']) ? value['test'].map((word) => String(word).replaceAll('$$', '$')) : []
  const test =
    typeof value['test'] === 'string'
      ? commandOf(value['test'])
      : form === 'CMD'
        ? commandOf(words)
        : form === 'CMD-SHELL'
          ? commandOf(words[0])
          : undefined
  if (test === undefined) return {}
  const [interval, timeout, startPeriod] = [text(value['interval']), text(value['timeout']), text(value['start_period'])]
  const retries = value['retries']
  return {
    health: {
      test,
      ...(interval === undefined ? {} : { interval }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(startPeriod === undefined ? {} : { startPeriod }),
      ...(typeof retries === 'number' ? { retries } : {}),
    },
  }
}

function dependenciesOf(value: unknown, told: (what: string, why: string) => void): NonNullable<FoundService['dependsOn']> {
  if (Array.isArray(value)) return value.map((name) => ({ name: String(name), healthy: false }))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([name, dependency]) => {
    const condition = isRecord(dependency) ? dependency['condition'] : undefined
    if (condition !== 'service_completed_successfully') return [{ name, healthy: condition === 'service_healthy' }]
    told(`the dependency on ${name}`, 'services are not waited for until they end')
    return []
  })
}

function stopOf(entry: Entry): Pick<FoundService, 'stop'> {
  const [signal, grace] = [text(entry['stop_signal']), text(entry['stop_grace_period'])]
  if (signal === undefined && grace === undefined) return {}
  return { stop: { ...(signal === undefined ? {} : { signal }), ...(grace === undefined ? {} : { grace }) } }
}

/** A file that the image of the database would run at its first start. */
function seedOf(entry: Entry): { readonly seed?: string } {
  const mounted = volumes(entry).find(({ source, target }) => target.startsWith('/docker-entrypoint-initdb.d') && source.endsWith('.sql'))
  return mounted === undefined ? {} : { seed: mounted.source.replace(/^(\.\/)+/, '') }
}

function volumes(entry: Entry): readonly { readonly source: string; readonly target: string }[] {
  const written: readonly unknown[] = Array.isArray(entry['volumes']) ? entry['volumes'] : []
  return written.map((volume) => {
    if (isRecord(volume)) return { source: text(volume['source']) ?? '', target: text(volume['target']) ?? '' }
    const [source = '', target = ''] = String(volume).split(':')
    return { source, target }
  })
}

/** Variables whose value is the address of this database: that is where the code expects it. */
function withAddresses(resource: FoundResource, services: readonly FoundService[]): FoundResource {
  const address = new RegExp(`^postgres(ql)?(\\+\\w+)?://[^/]*@?${resource.name.replaceAll(/[^\w-]/g, '.')}[:/]`)
  const names = services.flatMap(({ environment }) =>
    Object.entries(environment ?? {}).flatMap(([name, value]) => (address.test(value) ? [name] : [])),
  )
  return { ...resource, addressedAs: [...new Set(names)] }
}

function relative(folder: string, path: string): string {
  const parts = `${folder}/${path}`.split('/').filter((part) => part !== '' && part !== '.')
  return parts.length === 0 || parts.includes('..') ? '.' : parts.join('/')
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
