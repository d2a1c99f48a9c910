import { refused, ThreewaysError, type Fault } from '../../kernel/errors.ts'
import { run } from '../../kernel/process.ts'
import type { Positions } from '../definition/definition.ts'
import { at } from './pack-paths.ts'

/** Tools that do not answer to `--version`. */
const questions: Readonly<Record<string, readonly string[]>> = { go: ['version'], erl: ['+V'], kubectl: ['version', '--client'] }

/** What is asked: the program of that name, found by the PATH of the build, in the checkout (which may choose a version). */
export type Asking = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly positions?: Positions | undefined
}

/**
 * Reads the exact version of every tool the definition declares.
 * @param wanted - tool to version or its leading parts: `24` accepts `24.21.0`, not `240.0.0`
 * @throws ThreewaysError `TOOL_MISSING`, `TOOL_MISMATCH`; faults for all of them, at their lines
 */
export async function readTools(wanted: Readonly<Record<string, string>>, asking: Asking): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(wanted).toSorted()
  const found = await Promise.all(names.map((name) => versionOf(name, asking)))
  const missing: Fault[] = []
  const other: Fault[] = []
  for (const [index, name] of names.entries()) {
    const version = found[index]
    const fault = { ...at(asking.positions, pointer(name)), value: wanted[name]! }
    if (version === undefined) {
      const message = `"${name}" ${wanted[name]} is declared, and no program of that name tells its version`
      missing.push({ ...fault, message, help: `install ${name} ${wanted[name]} and put it in PATH` })
    } else if (!satisfies(version, wanted[name]!)) {
      const message = `"${name}" is ${version}; the definition wants ${wanted[name]}`
      other.push({ ...fault, message, help: `put ${name} ${wanted[name]} first in PATH, or change the definition to "${version}"` })
    }
  }
  const faults = [...missing, ...other]
  if (faults.length > 0) {
    throw refused(missing.length > 0 ? 'TOOL_MISSING' : 'TOOL_MISMATCH', {
      message: faults.map((fault) => fault.message).join('; '),
      help: faults.map((fault) => fault.help!).join('; '),
      faults,
    })
  }
  return Object.fromEntries(names.map((name, index) => [name, found[index]!]))
}

async function versionOf(name: string, { cwd, env }: Asking): Promise<string | undefined> {
  // A path would name a program of this machine only.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name)) return undefined
  try {
    const { code, stdout, stderr } = await run(name, questions[name] ?? ['--version'], { cwd, env, timeoutMs: 20_000 })
    return code === 0 ? (firstVersion(stdout) ?? firstVersion(stderr)) : undefined
  } catch (error) {
    if (error instanceof ThreewaysError && error.code.startsWith('PROGRAM_')) return undefined
    throw error
  }
}

/** The first version in what a tool says of itself: three parts and a suffix, else two parts, else a number. */
export function firstVersion(text: string): string | undefined {
  const found =
    /(?<![\d.])\d+\.\d+\.\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]*[0-9A-Za-z])?/.exec(text) ??
    /(?<![\d.])\d+\.\d+(?:[-+][0-9A-Za-z.+-]*[0-9A-Za-z])?/.exec(text) ??
    /(?<![\d.])\d+/.exec(text)
  return found?.[0]
}

/** Whether a version begins with the parts that are wanted. */
export function satisfies(version: string, wanted: string): boolean {
  const asked = wanted.replace(/^v/, '')
  return version === asked || version.startsWith(`${asked}.`) || version.startsWith(`${asked}-`) || version.startsWith(`${asked}+`)
}

function pointer(name: string): string {
  return `/x-threeways/tools/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
