import colors from 'picocolors'
import { describeSystemError, hasCode, isSystemError, ThreewaysError } from '../kernel/errors.ts'
import { plain, plainJson, plainLog } from './plain.ts'

export type Output = ReturnType<typeof makeOutput>

/** Results go to standard output, narration to standard error, so that a pipe gets only the result. */
export function makeOutput(process: NodeJS.Process) {
  const [here, there] = [wantsColour(process, process.stderr), wantsColour(process, process.stdout)]
  // Made for whoever wants it; the other stream takes it out again.
  const colour = colors.createColors(here || there)
  return {
    colour,
    isTerminal: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 100,
    result: (text: string) => void process.stdout.write(`${plain(text, there)}\n`),
    json: (value: unknown) => void process.stdout.write(`${plainJson(JSON.stringify(value, null, 2))}\n`),
    jsonLine: (value: unknown) => void process.stdout.write(`${plainJson(JSON.stringify(value))}\n`),
    say: (text: string) => void process.stderr.write(`${plain(text, here)}\n`),
    /** A line that the next one takes the place of. Only on a terminal. */
    passing: (text: string) => void (process.stderr.isTTY && process.stderr.write(`\r\u001B[2K${plain(text, here)}`)),
    /** What a program wrote: to a pipe as it is. */
    passOn(text: string, to: 'stdout' | 'stderr' = 'stdout') {
      process[to].write(process[to].isTTY ? plainLog(text) : text)
    },
    table: (rows: readonly (readonly string[])[]) => table(rows),
  }
}

/**
 * Whoever reads our results may stop before the end (`| head -1`): that ends this process in order, without a word. Nobody
 * has to read what we narrate: a server goes on when its log is closed.
 */
export function meetClosedOutput(process: NodeJS.Process): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) process.stderr.write(`cannot write to standard output: ${error.message}\n`)
    const [ends, code] = hasCode(error, 'EPIPE') ? (['SIGPIPE', 141] as const) : (['SIGTERM', 1] as const)
    if (!process.emit(ends, ends)) process.exit(code)
  })
}

function wantsColour({ env }: NodeJS.Process, stream: NodeJS.WriteStream): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0') return true
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

const escapes = /\u001B\[[\d;]*m/g
const width = (text: string) => text.replaceAll(escapes, '').length

/** Columns wide enough for their cells. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((wide, row) => row.map((cell, at) => Math.max(wide[at] ?? 0, width(cell))), [])
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell + ' '.repeat(widths[at]! - width(cell)))).join('  '))
    .join('\n')
}

const faultsShown = 20

/** What went wrong, where, and what to do about it. */
export function describeError(error: unknown, colour: Output['colour']): string {
  return plain(describe(error, colour), colour.isColorSupported)
}

function describe(error: unknown, colour: Output['colour']): string {
  if (!(error instanceof ThreewaysError)) {
    if (isSystemError(error)) return `${colour.red(colour.bold(error.code ?? 'error'))} ${describeSystemError(error)}`
    return `${colour.red('error')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  // The sentence names the first fault, which need not be said again.
  const listed = error.faults.length === 1 && error.message.includes(error.faults[0]!.message) ? [] : error.faults
  const faults = listed.slice(0, faultsShown).map(({ file, line, column, path, message, value, help }) => {
    const place = file === undefined ? path : [file, line, column].filter((part) => part !== undefined).join(':')
    const found = value === undefined ? '' : colour.dim(` (${value})`)
    return `  ${colour.cyan(place)} ${message}${found}${help === undefined ? '' : `\n    ${colour.dim(help)}`}`
  })
  const more = listed.length > faultsShown ? [`  and ${listed.length - faultsShown} more`] : []
  const help = error.help === undefined || listed.some((fault) => fault.help === error.help) ? [] : [colour.dim(error.help)]
  return [`${colour.red(colour.bold(error.code))} ${error.message}`, ...faults, ...more, ...help].join('\n')
}
