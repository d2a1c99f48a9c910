import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { SecretView } from '../flow/secret/routes.ts'
import { invalid } from '../kernel/errors.ts'
import { streamNamed, withApi, type Api, type ConnectFlags } from './api.ts'
import type { ScopeFlags } from './commands/secret.ts'
import { projectFolder, type CliContext } from './context.ts'

type Common = ConnectFlags & { readonly json: boolean }

export async function set(this: CliContext, flags: ScopeFlags, name: string): Promise<void> {
  const value = withoutLineEnd(await readValue(this, name))
  await withApi(this, flags, async (api) => {
    const stream = await streamOf(this, api, flags.stream)
    const where = flags.environment === undefined ? {} : { environment: flags.environment }
    const made = await api.send<SecretView>('PUT', '/api/secrets', {
      stream,
      name,
      ...where,
      value: value.toString('base64'),
      encoding: 'base64',
    })
    if (flags.json) return this.output.json(made)
    this.output.result(
      `version ${made.version} of ${name} holds from now on${made.environment ? ` in ${made.environment}` : ''}, fingerprint ${made.fingerprint}`,
    )
    this.output.say(
      'what runs keeps the value it was given until it is deployed anew: threeways env ls tells, threeways env apply gives it the new one',
    )
  })
}

export async function list(this: CliContext, flags: Common & { stream?: string }): Promise<void> {
  await withApi(this, flags, async (api) => {
    const query = flags.stream === undefined ? '' : `?stream=${encodeURIComponent(flags.stream)}`
    const { secrets } = await api.get<{ secrets: SecretView[] }>(`/api/secrets${query}`)
    if (flags.json) return this.output.json(secrets)
    if (secrets.length === 0) return this.output.result('no secret has a value')
    const rows = secrets.map((one) => [
      one.stream,
      one.name,
      one.environment ?? 'all',
      String(one.version),
      one.fingerprint,
      one.setBy,
      one.setAt,
    ])
    this.output.result(this.output.table([['STREAM', 'NAME', 'ENVIRONMENT', 'VERSION', 'FINGERPRINT', 'BY', 'SET'], ...rows]))
  })
}

export async function remove(this: CliContext, flags: ScopeFlags, name: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    const stream = await streamOf(this, api, flags.stream)
    const query = new URLSearchParams({ stream, name, ...(flags.environment === undefined ? {} : { environment: flags.environment }) })
    const removed = await api.send('DELETE', `/api/secrets?${query.toString()}`)
    if (flags.json) this.output.json(removed)
    else
      this.output.result(
        `${name} has no value ${flags.environment === undefined ? 'for all environments' : `of its own for ${flags.environment}`} any more`,
      )
  })
}

export async function rotateKey(this: CliContext, flags: Common & { reason: string }): Promise<void> {
  await withApi(this, flags, async (api) => {
    const done = await api.send<{ secrets: number }>('POST', '/api/secrets/rotate-key', { reason: flags.reason })
    if (flags.json) this.output.json(done)
    else this.output.result(`${done.secrets} values are sealed with a new key; the old one is forgotten`)
  })
}

/** A value is often set before anything is delivered: then the definition here says whose it is. */
async function streamOf(context: CliContext, api: Api, told: string | undefined): Promise<string> {
  if (told !== undefined) return told
  const text = await readFile(path.join(projectFolder(context.cwd), 'threeways.yaml'), 'utf8').catch(() => '')
  return /^name:\s*["']?([a-z][a-z0-9-]*)["']?\s*(?:#.*)?$/m.exec(text)?.[1] ?? streamNamed(api, undefined)
}

/** Keys in files end with a line end, and some programs want it; words that somebody typed or echoed have one too many. */
function withoutLineEnd(value: Buffer): Buffer {
  const end = value.indexOf(10)
  if (end === -1 || end !== value.length - 1) return value
  return value.subarray(0, value[end - 1] === 13 ? end - 1 : end)
}

async function readValue({ process, output }: CliContext, name: string): Promise<Buffer> {
  const { stdin } = process
  if (!stdin.isTTY) return buffer(stdin)
  output.say(`the value of ${name}, which is not shown; end it with Enter:`)
  stdin.setRawMode(true)
  try {
    return await typed(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
  }
}

const [enter, newLine, interrupt, end, backspace, erase] = [13, 10, 3, 4, 127, 8]

async function typed(stdin: NodeJS.ReadStream): Promise<Buffer> {
  let value = ''
  for await (const chunk of stdin) {
    for (const sign of (chunk as Buffer).toString('utf8')) {
      const code = sign.codePointAt(0)!
      if (code === enter || code === newLine || code === end) return Buffer.from(value)
      if (code === interrupt) throw invalid('SECRET_VALUE', { message: 'no value was given' })
      value = code === backspace || code === erase ? [...value].slice(0, -1).join('') : value + sign
    }
  }
  return Buffer.from(value)
}
