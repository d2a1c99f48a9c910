type Fault = {
  readonly path: string
  readonly message: string
  readonly help?: string
  /** In the document that was sent, from 1. */
  readonly line?: number
  readonly column?: number
}

/** What the server refused or could not do, as it says it: problem+json. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly help: string | undefined
  readonly faults: readonly Fault[]

  constructor(status: number, code: string, detail: string, help?: string, faults: readonly Fault[] = []) {
    super(detail)
    this.status = status
    this.code = code
    this.help = help
    this.faults = faults
  }
}

export function noAnswer(): Problem {
  return new Problem(0, 'NO_ANSWER', 'the server does not answer', 'is it running? start it with `threeways up`')
}

/** Reads a refusal; anything that is not problem+json (a proxy's page) still names its status. */
export async function problemFrom(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null) {
    return new Problem(response.status, 'HTTP_ERROR', `the server answered ${response.status} ${response.statusText}`.trimEnd())
  }
  const { code, detail, title, help, faults } = body as Record<string, unknown>
  const said = [detail, title].find((text) => typeof text === 'string' && text !== '')
  return new Problem(
    response.status,
    typeof code === 'string' ? code : 'HTTP_ERROR',
    typeof said === 'string' ? said : `the server answered ${response.status}`,
    typeof help === 'string' ? help : undefined,
    Array.isArray(faults) ? (faults as Fault[]) : [],
  )
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem(0, 'PAGE_ERROR', error instanceof Error ? error.message : String(error), 'reload the page')
}
