/** What a provider of Docker Compose says on standard output: JSON, one message after the other (its docs/extension.md). */
export type Message = { readonly type: 'info' | 'error' | 'debug' | 'setenv' | 'rawsetenv'; readonly message: string }

/** Of `setenv` without the name of the service, and of `rawsetenv`, as they are to be. */
export type Variables = { readonly prefixed: Readonly<Record<string, string>>; readonly raw: Readonly<Record<string, string>> }

export const noVariables: Variables = { prefixed: {}, raw: {} }

/** Bytes that one command may say in all. */
export const saidBytesMax = 1024 * 1024
const variablesMax = 200
/** JSON may be written over several lines: so many, and so many characters. */
const linesMax = 100
const messageMax = 256 * 1024
const types = new Set<string>(['info', 'error', 'debug', 'setenv', 'rawsetenv'])
const variableName = /^[A-Za-z_]\w{0,99}$/
/** What a service is told by us. */
const ours = /^(PORT|TMPDIR|THREEWAYS_.*)$/

/**
 * Takes in what a provider writes, as it comes. Pure but for what it has heard. A message that cannot be understood is no
 * message of this protocol: its text is not repeated, for it may be a secret.
 */
export function makeListener(told: (message: Message) => void) {
  /** Lines that are no message yet, and what came of the next. */
  let pending = ''
  let unended = ''
  let bytes = 0
  let line = 0
  let began = 0
  let fault: string | undefined
  let error: string | undefined
  const prefixed: Record<string, string> = {}
  const raw: Record<string, string> = {}

  function hear(text: string, isLast: boolean): void {
    line++
    if (pending === '') began = line
    const whole = `${pending}${text}`
    if (whole.trim() === '') return
    const value = parsed(whole)
    const mayGoOn = whole.trimStart().startsWith('{') && line - began < linesMax && whole.length < messageMax
    if (value === undefined && mayGoOn && !isLast) return void (pending = `${whole}\n`)
    pending = ''
    const { type, message } = (value ?? {}) as { type?: unknown; message?: unknown }
    if (typeof type !== 'string' || typeof message !== 'string') fault = `line ${began} of its output is no message`
    else if (!types.has(type)) fault = `line ${began} of its output has type ${JSON.stringify(type.slice(0, 40))}, which is none`
    else if (type === 'error') error = message
    else if (type === 'setenv' || type === 'rawsetenv') keep(type, message)
    if (fault === undefined && value !== undefined) told(value as Message)
  }

  function keep(type: 'setenv' | 'rawsetenv', message: string): void {
    const at = message.indexOf('=')
    const name = at === -1 ? '' : message.slice(0, at)
    if (!variableName.test(name)) fault = `line ${began} of its output sets no variable: it should be NAME=value`
    else if (message.includes('\0')) fault = `the value of "${name}" holds a NUL character`
    else if (type === 'rawsetenv' && ours.test(name)) fault = `"${name}" is set by threeways`
    else if (Object.keys(prefixed).length + Object.keys(raw).length >= variablesMax) fault = `it sets more than ${variablesMax} variables`
    else (type === 'setenv' ? prefixed : raw)[name] = message.slice(at + 1)
  }

  return {
    /** @returns false: nothing more is to be heard */
    push(chunk: string): boolean {
      bytes += Buffer.byteLength(chunk)
      if (bytes > saidBytesMax) fault ??= `it says more than ${saidBytesMax} bytes`
      const lines = chunk.split('\n')
      lines[0] = unended + lines[0]
      unended = lines.pop()!
      for (const text of lines) if (fault === undefined && error === undefined) hear(text, false)
      return fault === undefined && error === undefined
    },

    /** Nothing more comes. */
    end(): { readonly variables: Variables; readonly problem: string | undefined } {
      if (fault === undefined && error === undefined) hear(unended, true)
      return { variables: { prefixed, raw }, problem: error ?? fault }
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
