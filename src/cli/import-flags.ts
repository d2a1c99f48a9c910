import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { imported } from '../../sdk/src/imported/index.ts'
import { translate as translateGrowthbook, type Holds } from '../connectors/growthbook/translate.ts'
import { translate as translateUnleash } from '../connectors/unleash/translate.ts'
import { acceptable } from '../flow/flags/bring.ts'
import { readFlag } from '../flow/flags/document.ts'
import type { BroughtIn, ImportChoices, LeftOut, Translation } from '../flow/flags/import.port.ts'
import { textOf } from '../flow/flags/written.ts'
import { conflict, hasCode, invalid, notFound, refused, tooLarge, ThreewaysError, unavailable } from '../kernel/errors.ts'
import { at, withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import type { FlagDetail, FlagRow } from './flags.ts'

export type ImportFlagsFlags = ConnectFlags & {
  readonly environment: string
  readonly owner: string
  readonly expires?: string
  readonly reason?: string
  readonly into?: string
  readonly skipRefused: boolean
  readonly dryRun: boolean
  readonly over: boolean
  readonly anonymous: 'refuse' | 'off'
  readonly sticky: 'refuse' | 'off'
  readonly json: boolean
}

const bytesMax = 64 * 1024 * 1024
const patienceMs = 30_000

const origins = {
  unleash: { title: 'Unleash', token: 'UNLEASH_API_TOKEN', translate: translateUnleash },
  growthbook: {
    title: 'GrowthBook',
    token: undefined,
    translate: (raw: unknown, choices: ImportChoices) => translateGrowthbook(raw, choices, growthbookHolds),
  },
} as const
type Origin = keyof typeof origins

/** GrowthBook's conditions, by the evaluator's own reading of them. */
export const growthbookHolds: Holds = (condition, attributes) =>
  imported.operators['tw_growthbook']!([condition], { now: Date.now })(attributes) === true

/** Brings in what Unleash gives to its clients. */
export async function importUnleash(this: CliContext, flags: ImportFlagsFlags, source: string): Promise<void> {
  await importFrom(this, 'unleash', flags, source)
}

/** Brings in what GrowthBook gives to its SDKs. */
export async function importGrowthbook(this: CliContext, flags: ImportFlagsFlags, source: string): Promise<void> {
  await importFrom(this, 'growthbook', flags, source)
}

/** All or none: who asks for less says so with --skip-refused. Begun again, it changes nothing that stands so already. */
async function importFrom(context: CliContext, origin: Origin, flags: ImportFlagsFlags, source: string): Promise<void> {
  const { title, translate } = origins[origin]
  const { environment, owner, expires } = flags
  const translation = acceptable(
    translate(await definitionAt(context, origin, source), {
      environment,
      owner,
      expires,
      anonymousOff: flags.anonymous === 'off',
      stickyOff: flags.sticky === 'off',
    }),
  )
  if (translation.refused.length > 0 && !flags.skipRefused) {
    tell(context, flags, translation, [])
    throw refused('IMPORT_REFUSED', {
      message: `${translation.refused.length} of ${title}'s features cannot be brought in, so nothing was`,
      help: 'do what is said of each, or leave them out with --skip-refused',
    })
  }
  if (translation.flags.length === 0) return tell(context, flags, translation, [])
  const { into, dryRun } = flags
  if (into !== undefined)
    return tell(context, flags, translation, await writeInto(path.resolve(context.cwd, into), translation.flags, flags, title))
  const sent = { source: origin, usual: `as ${title} had it` }
  const work = async (api: Api) => tell(context, flags, translation, await publish(api, translation.flags, flags, sent))
  try {
    await withApi(context, flags, work, { makesHome: !dryRun })
  } catch (error) {
    // Where nothing stands yet, nothing stands against it.
    if (!(dryRun && error instanceof ThreewaysError && error.code === 'HOME_NOT_FOUND')) throw error
    tell(context, flags, translation, [])
  }
}

/** What became of a flag. */
type Done = { readonly flag: string; readonly changed: boolean; readonly where: string }

async function publish(
  api: Api,
  flags: readonly BroughtIn[],
  { environment, over, reason, dryRun }: ImportFlagsFlags,
  { source, usual }: { readonly source: Origin; readonly usual: string },
): Promise<readonly Done[]> {
  const standing = new Set((await api.get<{ flags: readonly FlagRow[] }>('/api/flags')).flags.map(({ flag }) => flag))
  const files: { document: string; file: string }[] = []
  for (const { flag, document } of flags) {
    const before = standing.has(flag) ? (await api.get<FlagDetail>(at`/api/flags/${flag}`)).document : undefined
    files.push({ document: JSON.stringify(beside(document, before, environment)), file: flag })
  }
  const sent = { files, over, rebucket: false, unready: false, reason: reason ?? usual, source, dryRun }
  const { flags: made } = await api.send<{ flags: readonly { flag: string; revision: number; changed: boolean }[] }>(
    'PUT',
    '/api/flags',
    sent,
  )
  return made.map(({ flag, revision, changed }) => ({ flag, changed, where: `revision ${revision}` }))
}

async function writeInto(
  folder: string,
  flags: readonly BroughtIn[],
  { environment, over, dryRun }: ImportFlagsFlags,
  title: string,
): Promise<readonly Done[]> {
  const { parse } = await import('yaml')
  const written: { flag: string; file: string; text: string; before: string | undefined }[] = []
  // Everything is made before anything is written.
  for (const { flag, document } of flags) {
    const file = path.join(folder, `${flag}.yaml`)
    const before = await contentsOf(file)
    const mark = `# From ${title}: an import writes it anew.\n`
    if (before !== undefined && !over && !before.startsWith(mark))
      throw conflict('FLAG_NOT_FROM_THERE', {
        message: `there is a file ${file} that did not come from ${title}`,
        help: 'call one of the two otherwise, or say with --over that it is to become the one from there',
      })
    const made = beside(document, before === undefined ? undefined : (parse(before) as unknown), environment)
    written.push({ flag, file, before, text: mark + textOf(readFlag(JSON.stringify(made), flag)) })
  }
  if (!dryRun) await mkdir(folder, { recursive: true })
  for (const { file, text, before } of written) if (text !== before && !dryRun) await writeFile(file, text)
  return written.map(({ flag, file, text, before }) => ({ flag, changed: text !== before, where: file }))
}

/** What a flag says of other environments stays, and what a definition elsewhere has no word for: a service, a layer. */
function beside(document: Readonly<Record<string, unknown>>, before: unknown, environment: string): Readonly<Record<string, unknown>> {
  const standing = (before ?? {}) as Readonly<Record<string, unknown>> & { readonly environments?: object }
  const { [environment]: mine } = document['environments'] as Readonly<Record<string, unknown>>
  return { ...standing, ...document, environments: { ...standing.environments, [environment]: mine } }
}

function tell({ output }: CliContext, flags: ImportFlagsFlags, { flags: all, refused: left }: Translation, done: readonly Done[]): void {
  const byName = new Map(done.map((one) => [one.flag, one]))
  if (flags.json) {
    output.json({
      imported: all.map(({ flag, from, notes, document }) => ({
        flag,
        from,
        bucketing: bucketingOf(document),
        notes,
        changed: byName.get(flag)?.changed ?? null,
        where: byName.get(flag)?.where ?? null,
      })),
      refused: left,
    })
    return
  }
  const would = flags.dryRun ? 'would be ' : ''
  for (const { flag, document, notes } of all) {
    const one = byName.get(flag)
    const state = one === undefined ? 'could be brought in' : one.changed ? `${would}${one.where}` : `${one.where}, stood so already`
    output.result(`${flag}: ${state}, ${bucketingOf(document)}${notes.length === 0 ? '' : `; ${notes.join('; ')}`}`)
  }
  for (const one of left) output.say(refusalText(output, one))
  const told =
    done.length === 0
      ? `${all.length} flags could be brought in`
      : `${all.length} flags, ${done.filter(({ changed }) => changed).length} of them ${flags.dryRun ? 'would change' : 'changed'}`
  output.say(`${told}; ${left.length} features refused`)
}

const refusalText = ({ colour }: CliContext['output'], { name, reason, help }: LeftOut) =>
  `${colour.yellow(`refused ${name}`)}: ${reason}\n  ${colour.dim(help)}`

const bucketingOf = (document: Readonly<Record<string, unknown>>): string => String(document['bucketing'] ?? 'fractional-v2')

async function definitionAt(context: CliContext, origin: Origin, source: string): Promise<unknown> {
  const text = /^https?:\/\//.test(source) ? await fetched(context, origin, source) : await read(context, source)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('IMPORT_INVALID', {
      message: `what is at ${source} is not JSON`,
      help: `give what ${origins[origin].title} answers to its clients`,
    })
  }
}

async function read({ cwd }: CliContext, file: string): Promise<string> {
  const text = await contentsOf(path.resolve(cwd, file))
  if (text === undefined)
    throw notFound('FILE_NOT_FOUND', {
      message: `there is no file "${file}"`,
      help: 'name a file, or an address that begins with https://',
    })
  return text
}

async function contentsOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

const isSafe = (url: string): boolean => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/.test(url)

async function fetched({ env }: CliContext, origin: Origin, url: string): Promise<string> {
  const { token, title } = origins[origin]
  const secret = token === undefined ? undefined : env[token]
  const unreachable = (why: string, cause?: unknown) =>
    unavailable('IMPORT_UNREACHABLE', {
      message: `${title} does not answer at ${url}: ${why}`,
      help: token === undefined ? 'correct the address' : `correct the address, or the token in ${token}`,
      cause,
    })
  if (secret !== undefined && secret !== '' && !isSafe(url))
    throw invalid('IMPORT_UNSAFE', {
      message: `${url} is no https address, and would give the token in ${token} away`,
      help: 'write https://…',
    })
  let response: Response
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json', ...(secret === undefined || secret === '' ? {} : { authorization: secret }) },
      signal: AbortSignal.timeout(patienceMs),
    })
  } catch (error) {
    throw unreachable('nobody is there', error)
  }
  if (!response.ok) throw unreachable(`it says ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > bytesMax)
      throw tooLarge('IMPORT_TOO_LARGE', {
        message: `more than ${bytesMax} bytes come from ${url}`,
        help: 'give the address of one project',
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
