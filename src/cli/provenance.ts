import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOfTree } from '../flow/candidate/tree.ts'
import { bundleIn, verifyBundle, type Attested, type Bundle, type Verdict } from '../flow/provenance/bundle.ts'
import { shortDigest, type Digest } from '../kernel/digest.ts'
import { hasCode, invalid, notFound, refused, ThreewaysError } from '../kernel/errors.ts'
import { publicKeyFrom, type PublicKey } from '../kernel/signing/keys.ts'
import { readKey } from '../ledger/proof/verify.mjs'
import { at, withApi, type Api, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'

export type VerifyFlags = { readonly json: boolean; readonly key?: readonly string[]; readonly artifact?: string }

/** Checks a bundle with nothing but the file, and the files of the artifact when they are at hand. No server is asked. */
export async function verify(this: CliContext, flags: VerifyFlags, file: string): Promise<void> {
  const keys = await keysIn(this, flags.key ?? [])
  if (keys.length === 0)
    throw invalid('KEY_MISSING', {
      message: 'a bundle cannot vouch for itself: no key is named',
      help: 'name the one you trust with --key; whoever runs the server sees it with `threeways ledger key list`',
    })
  const bundle = await bundleAt(path.resolve(this.cwd, file), file)
  const artifact = flags.artifact === undefined ? undefined : await treeAt(path.resolve(this.cwd, flags.artifact), flags.artifact)
  const verdict = verifyBundle(bundle, keys, artifact)
  if (flags.json) this.output.json(verdict)
  else tell(this, verdict)
  const wrong = verdict.findings.filter((finding) => finding.wrong !== undefined)
  if (wrong.length === 0) return
  throw refused('PROVENANCE_TAMPERED', {
    message: `${file}: ${wrong.map((finding) => `${finding.what}: ${finding.wrong}`).join('; ')}`,
    help: 'use neither the candidate nor the file; get both again from where they were made',
  })
}

function tell({ output }: CliContext, { candidate, artifact, findings }: Verdict): void {
  for (const { what, wrong, keyid } of findings)
    output.result(
      `${wrong === undefined ? 'holds ' : 'WRONG '} ${what}${wrong === undefined ? (keyid === undefined ? '' : `, signed by ${keyid.slice(0, 12)}`) : `: ${wrong}`}`,
    )
  if (findings.every(({ wrong }) => wrong === undefined))
    output.result(
      `candidate ${shortDigest(candidate)}${artifact === undefined ? '' : ` of artifact ${shortDigest(artifact)}`} is as it was signed`,
    )
}

/** What was signed about a candidate; as JSON it is the bundle that `verify` reads. */
export async function show(this: CliContext, flags: ConnectFlags & { readonly json: boolean }, candidate: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    const bundle = await bundleOf(api, candidate)
    if (flags.json) return this.output.jsonLine(bundle)
    const sbom = bundle.sbom === null ? undefined : (JSON.parse(bundle.sbom) as { components?: unknown[] })
    this.output.result(`candidate ${bundle.candidate}`)
    const rows = bundle.attestations.map(({ kind, stage, check, result, madeAt, envelope }) => [
      kind,
      stage ?? '',
      check ?? '',
      result ?? '',
      signersOf(envelope),
      madeAt?.slice(0, 19) ?? '',
    ])
    this.output.result(this.output.table([['what', 'stage', 'check', 'result', 'key', 'made'], ...rows]))
    this.output.result(sbom === undefined ? 'no bill of materials' : `bill of materials: ${sbom.components?.length ?? 0} components`)
    this.output.say('nothing was checked: `threeways provenance verify <file> --key …` does, with what --json writes')
  })
}

const signersOf = (envelope: object | null) =>
  ((envelope as { signatures?: { keyid?: string }[] } | null)?.signatures ?? []).map(({ keyid }) => keyid?.slice(0, 12) ?? '?').join(' ')

async function bundleOf(api: Api, candidate: string): Promise<Bundle> {
  const { attestations, candidate: digest } = await api.get<{ candidate: string; attestations: Attested[] }>(
    at`/api/candidates/${candidate}/attestations`,
  )
  const sbom = await api.open(at`/api/candidates/${candidate}/sbom`).then(
    (response) => response.text(),
    (error: unknown) => {
      if (error instanceof ThreewaysError && error.kind === 'notFound') return null
      throw error
    },
  )
  const kept = attestations.map(({ kind, statement, stage, check, result, madeAt, envelope }) => ({
    kind,
    statement,
    stage,
    check,
    result,
    madeAt,
    envelope,
  }))
  return { threeways: 'provenance', version: 1, candidate: digest, attestations: kept, sbom }
}

async function bundleAt(file: string, name: string): Promise<Bundle> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') || hasCode(error, 'EISDIR') ? noFile(name) : error
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const bundle = bundleIn(value)
  if (bundle === undefined)
    throw invalid('BUNDLE_INVALID', {
      message: `"${name}" is no bundle`,
      help: 'write one with `threeways provenance show <candidate> --json`',
    })
  return bundle
}

async function treeAt(folder: string, name: string): Promise<Digest> {
  try {
    return await digestOfTree(folder)
  } catch (error) {
    throw hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') ? noFile(name) : error
  }
}

const noFile = (name: string) => notFound('FILE_NOT_FOUND', { message: `there is no such file or folder "${name}"` })

/** As `ledger key list` writes them, or as the API does; told here, or in files with one a line. */
async function keysIn({ cwd }: CliContext, told: readonly string[]): Promise<readonly PublicKey[]> {
  const texts = await Promise.all(told.map(async (key) => readFile(path.resolve(cwd, key), 'utf8').catch(() => key)))
  return texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')).map(keyOf)
}

function keyOf(text: string): PublicKey {
  try {
    return text.includes('+') && /\+[0-9a-f]{8}\+/.test(text) ? readKey(text) : publicKeyFrom(text.trim())
  } catch {
    throw invalid('KEY_INVALID', {
      message: `"${text.trim().slice(0, 80)}" is no key`,
      help: 'write it as `threeways ledger key list` does, or name a file of them',
    })
  }
}
