import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { hasCode, invalid, messageOf, notFound, refused } from '../kernel/errors.ts'
import type { LedgerKey, SignedCheckpoint } from '../ledger/proof/log.ts'
import { sayVerdict, verifyExport, verifyProof, type Lines, type Verdict } from '../ledger/proof/verify.mjs'
import { exportLedger } from '../ledger/transfer.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'
import { withStore } from './ledger.ts'

type Common = ConnectFlags & { readonly json: boolean }
type VerifyFlags = { home?: string; json: boolean; script: boolean; key?: readonly string[]; against?: readonly string[] }

const script = path.join(import.meta.dirname, '..', 'ledger', 'proof', 'verify.mjs')

/** Checks an export or a proof with nothing but the file; without one, the ledger of this data folder as it stands. */
export async function verify(this: CliContext, flags: VerifyFlags, file?: string): Promise<void> {
  if (flags.script) return this.output.passOn(await readFile(script, 'utf8'))
  const keys = await keysIn(this, flags.key ?? [])
  const against = await Promise.all((flags.against ?? []).map((held) => heldBy(this, held)))
  if (file !== undefined) return verifyFile(this, flags, path.resolve(this.cwd, file), { keys, against }, file)
  await withStore(this, flags.home, false, async (ledger, log) => {
    const own = (await log.keys()).map(({ vkey }) => vkey)
    const verdict = await verifyExport(() => linesIn(exportLedger(ledger, log)), { keys: keys.length > 0 ? keys : own, against })
    tell(this, flags, verdict, 'the ledger')
  })
}

async function verifyFile(
  context: CliContext,
  flags: VerifyFlags,
  file: string,
  options: { keys: readonly string[]; against: readonly (string | Lines)[] },
  name: string,
): Promise<void> {
  const begins = await beginningOf(file, name)
  if (begins.includes('"inclusion proof"')) {
    const verdict = attempt(() => verifyProof(JSON.parse(begins), options), name)
    if (flags.json) context.output.json(verdict)
    if (!verdict.ok) throw refused('PROOF_REFUSED', { message: `${name}: ${verdict.message}` })
    if (!flags.json)
      context.output.result(
        `${name}: ${verdict.message}${verdict.selfVouched ? ', by the keys the file itself names: compare them with --key' : ''}`,
      )
    return
  }
  const verdict = await verifyExport(linesOf(file), options).catch((error: unknown) => {
    throw invalid('EXPORT_INVALID', { message: `${name}: ${messageOf(error)}`, help: 'name a file that `threeways ledger export` wrote' })
  })
  tell(context, flags, verdict, name)
}

function tell({ output }: CliContext, flags: VerifyFlags, verdict: Verdict, name: string): void {
  if (flags.json) output.json(verdict)
  else if (verdict.ok) output.result(sayVerdict(verdict, name))
  if (verdict.ok) return
  throw refused('LEDGER_TAMPERED', {
    message: sayVerdict(verdict, name),
    help: 'keep the file as it is; docs/proof.md says what follows from it and how to come back to what was signed',
  })
}

/** An export is read line by line; a proof is one short line. */
async function beginningOf(file: string, name: string): Promise<string> {
  try {
    for await (const line of linesOf(file)()) return line
    return ''
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EISDIR')) throw error
    throw notFound('FILE_NOT_FOUND', {
      message: `there is no file "${name}"`,
      help: 'name one that `threeways ledger export` or `prove` wrote',
    })
  }
}

function attempt<T>(work: () => T, name: string): T {
  try {
    return work()
  } catch (error) {
    throw invalid('PROOF_INVALID', {
      message: `${name} is no proof: ${messageOf(error)}`,
      help: 'name a file that `threeways ledger prove` wrote',
    })
  }
}

const linesOf =
  (file: string): Lines =>
  () =>
    createInterface({ input: createReadStream(file), crlfDelay: Infinity })

async function* linesIn(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) yield* chunk.split('\n').slice(0, -1)
}

/** Keys as told, or those in files. */
async function keysIn({ cwd }: CliContext, told: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(told.map(async (key) => readFile(path.resolve(cwd, key), 'utf8').catch(() => key)))
  return texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''))
}

/** What the auditor kept: an older export, or a checkpoint. */
async function heldBy({ cwd }: CliContext, told: string): Promise<string | Lines> {
  const file = path.resolve(cwd, told)
  const begins = await beginningOf(file, told)
  return begins.startsWith('{"threeways":"ledger"') ? linesOf(file) : readFile(file, 'utf8')
}

export async function checkpoint(this: CliContext, flags: Common): Promise<void> {
  await withApi(this, flags, async (api) => {
    const made = await api.send<SignedCheckpoint>('POST', '/api/ledger/checkpoints')
    if (flags.json) this.output.json(made)
    else this.output.passOn(made.note)
  })
}

/** One line that `verify` and `verify.mjs` read. */
export async function prove(this: CliContext, flags: ConnectFlags, event: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    this.output.jsonLine(await api.get(`/api/ledger/inclusion?${new URLSearchParams({ event })}`))
  })
}

export async function listKeys(this: CliContext, flags: Common): Promise<void> {
  await withApi(this, flags, async (api) => tellKeys(this, flags, await api.get<{ keys: LedgerKey[] }>('/api/ledger/keys')))
}

export async function rotate(this: CliContext, flags: Common & { reason: string }): Promise<void> {
  await withApi(this, flags, async (api) =>
    tellKeys(this, flags, await api.send<{ keys: LedgerKey[] }>('POST', '/api/ledger/keys/rotate', { reason: flags.reason })),
  )
}

function tellKeys({ output }: CliContext, { json }: Common, { keys }: { keys: LedgerKey[] }): void {
  if (json) output.json(keys)
  else for (const { vkey } of keys) output.result(vkey)
}
