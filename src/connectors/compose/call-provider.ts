import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { formatDuration } from '../../kernel/duration.ts'
import { messageOf, refused, unavailable } from '../../kernel/errors.ts'
import { closeWhenQuiet, identify, stopTree, type ProcessIdentity } from '../../kernel/process.ts'
import type { Hidden } from '../../kernel/scanning/forms.ts'
import { hidingOf, unhidable } from '../../kernel/scanning/scanner.ts'
import { makeListener, type Variables } from './messages.ts'
import type { Options } from './metadata.ts'

export type Call = {
  readonly type: string
  readonly program: string
  readonly command: 'up' | 'down' | 'stop'
  readonly project: string
  readonly service: string
  readonly options: Options
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Values it told before, which nobody is to read. */
  readonly known: Variables
  /** Its process, once there is one. */
  readonly began: (process: ProcessIdentity) => Promise<void>
  /** What it wants people to know. */
  readonly told: (message: string) => void
}

/** For it to leave nothing half done. */
export const endGraceMs = 5_000
const toldMax = 500
const messageMax = 500

/**
 * Calls a provider as Docker Compose does. What it writes to standard error is its own affair, as there.
 * @throws ThreewaysError `PROVIDER_FAILED`, `PROVIDER_TIMED_OUT`, and the reason of an abort
 */
export async function callProvider(call: Call): Promise<Variables> {
  const { program, command, project, service, options, cwd, env, signal } = call
  signal.throwIfAborted()
  const passed = Object.entries(options).flatMap(([name, values]) => values.map((value) => `--${name}=${value}`))
  const args = ['compose', `--project-name=${project}`, command, ...passed, service]
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  // Heard from the first moment: what it wrote before it ended must not be lost while we note that it began.
  const said = listenTo(call, child.stdout)
  const ended = new Promise<number | string>((resolve) => child.once('close', (code, killed) => resolve(code ?? killed ?? 'unknown')))
  child.once('exit', () => closeWhenQuiet([child.stdout]))
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject)).catch((error: unknown) => {
    throw failed(call, args, `"${program}" cannot be run: ${messageOf(error)}`)
  })
  const process = (await identify(child.pid!)) ?? { pid: child.pid!, startedAt: 'ended before it was seen' }

  let cut: unknown
  const end = () => stopTree(process, undefined, { signal: 'SIGTERM', graceMs: endGraceMs })
  const cutShort = (why: unknown) => {
    cut ??= why
    void end()
  }
  const aborted = () => cutShort(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  if (signal.aborted) aborted()
  const timer = setTimeout(() => cutShort(timedOut(call)), call.timeoutMs)
  try {
    await call.began(process)
    void said.enough.then(end)
    const code = await ended
    if (cut !== undefined) throw cut
    const { variables, problem } = said.end()
    if (problem !== undefined) throw failed(call, args, problem)
    if (code !== 0) throw failed(call, args, typeof code === 'number' ? `it ended with exit code ${code}` : `it was ended by ${code}`)
    return variables
  } finally {
    await end()
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
  }
}

/** Hears what it says, and lets nobody read the values among it. */
function listenTo(call: Call, output: Readable) {
  let told = 0
  let stop = () => {}
  const enough = new Promise<void>((resolve) => (stop = resolve))
  const heard: Hidden[] = [...hiddenIn(call.known)]
  const hide = (text: string) => hidingOf(heard).text(text)
  const listener = makeListener(({ type, message }) => {
    if (type === 'setenv' || type === 'rawsetenv') heard.push(...hiddenIn({ prefixed: pairOf(message), raw: {} }))
    if (type === 'info' && told++ < toldMax) call.told(hide(message.split('\n', 1)[0]!.slice(0, messageMax)))
  })
  output.setEncoding('utf8').on('data', (chunk: string) => {
    if (!listener.push(chunk)) stop()
  })
  return {
    /** Nothing more is to be heard: it failed, or cannot be understood. */
    enough,
    end() {
      const { variables, problem } = listener.end()
      return { variables, problem: problem === undefined ? undefined : hide(problem) }
    },
  }
}

const pairOf = (message: string) => ({ [message.slice(0, message.indexOf('='))]: message.slice(message.indexOf('=') + 1) })

/** Its values may be passwords, or hold some. */
function hiddenIn({ prefixed, raw }: Variables): readonly Hidden[] {
  const all = [...Object.entries(prefixed), ...Object.entries(raw)].map(([name, value]) => ({ name, value: Buffer.from(value) }))
  return all.filter(({ value }) => unhidable(value) === undefined)
}

function failed({ type, command, service }: Call, args: readonly string[], why: string) {
  const whole = args.map((word) => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
  return refused('PROVIDER_FAILED', {
    message: `provider "${type}" could not ${command} "${service}": ${why.slice(0, 2_000)}`,
    help: `see what it says for itself: ${type} ${whole}`.slice(0, 1_000),
  })
}

const timedOut = ({ type, command, service, timeoutMs }: Call) =>
  unavailable('PROVIDER_TIMED_OUT', {
    message: `provider "${type}" did not end its ${command} of "${service}" within ${formatDuration(timeoutMs)} and was ended`,
    help: 'look what became of it; the same is asked of it again with the next deployment',
  })
