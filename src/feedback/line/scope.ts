import { invalid } from '../../kernel/errors.ts'

/** What a stop holds up. `stream` may be `*` for a stage: that stage of every value stream. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'service'; readonly stream: string; /** Undefined: all of the value stream. */ readonly service?: string }
  | { readonly kind: 'stage'; readonly stream: string; readonly stage: string }
  | { readonly kind: 'environment'; readonly stream: string; readonly environment: string }

/** Where a promotion goes, and with what. */
export type Destination = {
  readonly stream: string
  readonly stage: string
  /** Key of the definition's environments; undefined: the stage only runs checks. */
  readonly environment: string | undefined
  /** Names of the services that the candidate carries. */
  readonly services: readonly string[]
}

const name = /^[A-Za-z0-9][\w.-]{0,99}$/
export const everyStream = '*'

/**
 * Reads `all`, `service/shop`, `service/shop/web`, `stage/shop/production`, `stage/∗/production`, `environment/shop/live`; `shop`
 * alone is the value stream.
 * @throws ThreewaysError `SCOPE_INVALID`
 */
export function parseScope(text: string): Scope {
  if (text === 'all') return { kind: 'all' }
  const [kind, stream, last, more] = text.split('/') as [string, string?, string?, string?]
  if (stream === undefined && name.test(kind)) return { kind: 'service', stream: kind }
  const fits = more === undefined && stream !== undefined && (last === undefined || name.test(last))
  if (fits && kind === 'service' && name.test(stream)) return { kind, stream, ...(last === undefined ? {} : { service: last }) }
  if (fits && last !== undefined) {
    if (kind === 'stage' && (stream === everyStream || name.test(stream))) return { kind, stream, stage: last }
    if (kind === 'environment' && name.test(stream)) return { kind, stream, environment: last }
  }
  throw invalid('SCOPE_INVALID', {
    message: `"${text}" is no scope of a line`,
    help: 'write all, <stream>, service/<stream>/<service>, stage/<stream>/<stage>, stage/*/<stage> or environment/<stream>/<environment>',
  })
}

/** The one text of a scope. */
export function scopeText(scope: Scope): string {
  if (scope.kind === 'all') return 'all'
  const last = scope.kind === 'service' ? scope.service : scope.kind === 'stage' ? scope.stage : scope.environment
  return [scope.kind, scope.stream, ...(last === undefined ? [] : [last])].join('/')
}

/** The value stream a scope belongs to; `*` when it reaches over all of them. */
export const streamOf = (scope: Scope): string => (scope.kind === 'all' ? everyStream : scope.stream)

/** Whether a stop of this scope holds up who goes there. */
export function covers(scope: Scope, to: Destination): boolean {
  if (scope.kind === 'all') return true
  if (scope.stream !== everyStream && scope.stream !== to.stream) return false
  switch (scope.kind) {
    case 'service':
      return scope.service === undefined || to.services.includes(scope.service)
    case 'stage':
      return scope.stage === to.stage
    case 'environment':
      return scope.environment === to.environment
  }
}

/**
 * Whether two scopes have anything in common. Who asks for a wide scope hears of every stop inside it: what is not known to be
 * free is not.
 * @param belongs - whether a stage deploys into an environment; undefined: not known here
 */
export function overlap(a: Scope, b: Scope, belongs: (stream: string, stage: string, environment: string) => boolean | undefined): boolean {
  if (a.kind === 'all' || b.kind === 'all') return true
  if (a.stream !== b.stream && a.stream !== everyStream && b.stream !== everyStream) return false
  if (a.kind === 'service' && b.kind === 'service') return a.service === undefined || b.service === undefined || a.service === b.service
  if (a.kind === 'stage' && b.kind === 'stage') return a.stage === b.stage
  if (a.kind === 'environment' && b.kind === 'environment') return a.environment === b.environment
  const stage = a.kind === 'stage' ? a : b.kind === 'stage' ? b : undefined
  const environment = a.kind === 'environment' ? a : b.kind === 'environment' ? b : undefined
  if (stage === undefined || environment === undefined) return true
  return belongs(environment.stream, stage.stage, environment.environment) !== false
}

/** Names of one value stream, as its newest delivery has them. */
export type Places = {
  readonly stream: string
  readonly stages: readonly string[]
  readonly environments: readonly string[]
  readonly services: readonly string[]
}

const listsOf = { service: 'services', stage: 'stages', environment: 'environments' } as const

/**
 * What a scope names that is not there; undefined: all of it is there, or nothing was delivered yet and nothing can be known.
 * @returns code, and what to say
 */
export function misnamed(scope: Scope, places: readonly Places[]): readonly [string, { message: string; help: string }] | undefined {
  if (scope.kind === 'all' || places.length === 0) return undefined
  const own = places.filter(({ stream }) => scope.stream === everyStream || scope.stream === stream)
  if (own.length === 0) {
    const help = `there are: ${places.map(({ stream }) => stream).join(', ')}`
    return ['STREAM_NOT_FOUND', { message: `there is no value stream "${scope.stream}"`, help }]
  }
  const asked = scope.kind === 'service' ? scope.service : scope.kind === 'stage' ? scope.stage : scope.environment
  const known = [...new Set(own.flatMap((each) => each[listsOf[scope.kind]]))]
  if (asked === undefined || known.includes(asked)) return undefined
  const where = scope.stream === everyStream ? 'any value stream' : `"${scope.stream}"`
  const help = known.length === 0 ? `it has no ${listsOf[scope.kind]}` : `there are: ${known.join(', ')}`
  return ['SCOPE_NOT_FOUND', { message: `there is no ${scope.kind} "${asked}" in ${where}`, help }]
}
