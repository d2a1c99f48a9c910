import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../../src/kernel/process.ts'

type Parameters = { readonly parameters: readonly { readonly name: string; readonly required: boolean }[] | null }
export type Metadata = { readonly description: string; readonly up: Parameters; readonly down: Parameters; readonly stop?: Parameters }

/** What one command of a provider came to: the variables of dependants, what it said, and why it failed. */
export type Called = {
  readonly code: number | null
  readonly variables: Readonly<Record<string, string>>
  readonly info: readonly string[]
  readonly error: string | undefined
}

/** A provider as a Compose file names it. */
export type Provider = { readonly type: string; readonly options: Readonly<Record<string, string | readonly string[]>> }

const asked = new Map<string, Promise<Metadata | undefined>>()

/**
 * Calls a provider exactly as Docker Compose does (pkg/compose/plugins.go): looks the program up on PATH, asks for its metadata,
 * passes the options that this names, reads JSON from standard output alone and prefixes variables with the service's name.
 */
export async function composeCalls(
  command: 'up' | 'down' | 'stop',
  { type, options }: Provider,
  service: string,
  { project, cwd, env }: { readonly project: string; readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Called> {
  const program = await lookPath(type, env['PATH']!)
  // Compose asks each time; what it says does not change.
  const metadata = await (asked.get(program) ?? asked.set(program, metadataOf(program, cwd, env)).get(program)!)
  const mine = metadata?.[command]
  const nothing = { code: 0, variables: {}, info: [] }
  if (command === 'stop' && mine === undefined) return { ...nothing, error: undefined }
  for (const { name, required } of mine?.parameters ?? []) {
    if (!required || Object.hasOwn(options, name)) continue
    return { ...nothing, code: null, error: `required parameter "${name}" is missing from provider "${type}" definition` }
  }
  const passed = Object.entries(options).flatMap(([name, values]) =>
    [values]
      .flat()
      .flatMap((value) => (metadata === undefined || mine?.parameters?.some((one) => one.name === name) ? [`--${name}=${value}`] : [])),
  )
  return call(program, ['compose', `--project-name=${project}`, command, ...passed, service], service, cwd, env)
}

async function call(
  program: string,
  args: readonly string[],
  service: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Called> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  const variables: Record<string, string> = {}
  const info: string[] = []
  for (const line of text.split('\n').filter(Boolean)) {
    const { type, message } = JSON.parse(line) as { type: string; message: string }
    if (type === 'error') return { code, variables: {}, info, error: message }
    if (type === 'info') info.push(message)
    else if (type === 'setenv' || type === 'rawsetenv') {
      const at = message.indexOf('=')
      if (at === -1) throw new Error(`invalid response from plugin: ${message}`)
      variables[`${type === 'setenv' ? `${service.toUpperCase()}_` : ''}${message.slice(0, at)}`] = message.slice(at + 1)
    } else if (type !== 'debug') throw new Error(`invalid response from plugin: ${type}`)
  }
  return { code, variables, info, error: code === 0 ? undefined : `exit status ${code}` }
}

export async function metadataOf(
  program: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Metadata | undefined> {
  const { code, stdout } = await run(program, ['compose', 'metadata'], { cwd, env })
  return code === 0 ? (JSON.parse(stdout) as Metadata) : undefined
}

export async function lookPath(program: string, folders: string): Promise<string> {
  for (const folder of folders.split(path.delimiter)) {
    const file = path.join(folder, program)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  throw new Error(`exec: "${program}": executable file not found in $PATH`)
}
