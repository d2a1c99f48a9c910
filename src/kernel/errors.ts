/** What went wrong, as the asker should act on it. One table maps it to HTTP and to the exit code. */
export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'refused'
  | 'tooLarge'
  | 'unavailable'
  | 'internal'

const outcomes: Record<ErrorKind, { readonly status: number; readonly exitCode: number }> = {
  invalid: { status: 400, exitCode: 2 },
  unauthorized: { status: 401, exitCode: 4 },
  forbidden: { status: 403, exitCode: 4 },
  notFound: { status: 404, exitCode: 3 },
  conflict: { status: 409, exitCode: 5 },
  refused: { status: 422, exitCode: 6 },
  tooLarge: { status: 413, exitCode: 2 },
  unavailable: { status: 503, exitCode: 7 },
  internal: { status: 500, exitCode: 1 },
}

/** The kind that a server means by its answer's status. */
export const kindOf = (status: number): ErrorKind | undefined =>
  (Object.keys(outcomes) as ErrorKind[]).find((kind) => outcomes[kind].status === status)

/** One fault inside a document. `path` is a JSON pointer; line and column count from 1. */
export type Fault = {
  readonly path: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly value?: string
  readonly help?: string
}

type Description = {
  /** What happened and where: lowercase, no full stop, values quoted. */
  readonly message: string
  /** What to do about it. */
  readonly help?: string
  readonly faults?: readonly Fault[]
  readonly cause?: unknown
}

/** An expected refusal: part of the domain, shown to the person who asked. Anything else is a defect. */
export class ThreewaysError extends Error {
  override readonly name = 'ThreewaysError'
  readonly kind: ErrorKind
  /** Stable, upper snake case: what scripts and tests match on. */
  readonly code: string
  readonly help: string | undefined
  readonly faults: readonly Fault[]

  constructor(kind: ErrorKind, code: string, description: Description) {
    super(description.message, description.cause === undefined ? {} : { cause: description.cause })
    this.kind = kind
    this.code = code
    this.help = description.help
    this.faults = description.faults ?? []
  }

  get status(): number {
    return outcomes[this.kind].status
  }

  get exitCode(): number {
    return outcomes[this.kind].exitCode
  }
}

const of = (kind: ErrorKind) => (code: string, description: Description) => new ThreewaysError(kind, code, description)

/** The input is malformed. HTTP 400, exit 2. */
export const invalid = of('invalid')
/** No or unknown credentials. HTTP 401, exit 4. */
export const unauthorized = of('unauthorized')
/** Known, but not allowed. HTTP 403, exit 4. */
export const forbidden = of('forbidden')
/** The named thing does not exist. HTTP 404, exit 3. */
export const notFound = of('notFound')
/** True a moment ago, not now; ask again. HTTP 409, exit 5. */
export const conflict = of('conflict')
/** Understood, and the answer is no. HTTP 422, exit 6. */
export const refused = of('refused')
/** Over a stated limit. HTTP 413, exit 2. */
export const tooLarge = of('tooLarge')
/** Cannot be done now, may work later. HTTP 503, exit 7. */
export const unavailable = of('unavailable')
/** Ours to mend. HTTP 500, exit 1. */
export const internal = of('internal')

/** The message of anything thrown, for logs and causes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What the operating system refused: a full disk, a missing folder, a right that is not there. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error

/** `no space left on device (write "/home/ada/x")` */
export function describeSystemError({ message, syscall, path }: NodeJS.ErrnoException): string {
  return `${whyOf({ message })} (${[syscall, path === undefined ? undefined : `"${path}"`].filter(Boolean).join(' ')})`
}

/** What the system says of it, without where. */
export const whyOf = ({ message }: Pick<NodeJS.ErrnoException, 'message'>): string => /^\w+: ([^,]+)/.exec(message)?.[1] ?? message

/** True for a Node system error with this code, `ENOENT` for one. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
