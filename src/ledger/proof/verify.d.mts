/** Types of `verify.mjs`, which is plain JavaScript so that an auditor can run it with any Node. */
import type { KeyObject } from 'node:crypto'

export type Leaf = {
  readonly digest: string
  readonly id: string
  readonly recordedAt: string
  readonly seq: number
  readonly source: string
  /** Event time, UTC with nine decimals. */
  readonly time: string
}
export type Facts = Leaf & { readonly line: number; readonly key: string; readonly bad?: true }
export type NoteKey = { readonly name: string; readonly id: string; readonly raw: Buffer; readonly keyid: string; readonly key: KeyObject }
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Buffer }
type Kept = { readonly vkey: string; readonly handover?: unknown }

export type Problem = {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'reordered' | 'back-dated' | 'unproven' | 'unnamed' | 'forked'
  /** Place of the first event that is not as it was signed. */
  readonly seq?: number
  readonly id?: string
  /** Where the fault lies when no single event can be named. */
  readonly from?: number
  readonly to?: number
  /** Signed evidence says so; false: it only looks so. */
  readonly exact: boolean
  readonly message: string
}
export type Verdict = {
  readonly ok: boolean
  readonly events: number
  /** How many of them are signed by a trusted key. */
  readonly checkpoints: number
  readonly selfVouched: boolean
  readonly origin?: string
  readonly size?: number
  readonly root?: string
  readonly reformatted?: true
  readonly problem?: Problem
}
export type Lines = () => AsyncIterable<string> | Iterable<string>

export function canonical(value: unknown): string
export function leafText(leaf: Leaf): string
export function leafHash(leaf: Leaf): Buffer
export function nodeHash(left: Buffer, right: Buffer): Buffer
export const emptyRoot: Buffer
export function normalTime(text: string): string
export function rootsAt(hashes: readonly Buffer[], sizes: readonly number[]): Map<number, Buffer>
export function verifyInclusion(leaf: Buffer, index: number, size: number, path: readonly Buffer[], root: Buffer): boolean
export function verifyConsistency(first: number, a: Buffer, second: number, b: Buffer, path: readonly Buffer[]): boolean
export function noteKeyId(name: string, raw: Uint8Array): Buffer
export function writeKey(name: string, raw: Uint8Array): string
export function readKey(text: string): NoteKey
export function openNote(
  note: string,
  keys: readonly NoteKey[],
): { text: string; by: NoteKey; refused?: never } | { refused: string; text?: never }
export function checkpointText(origin: string, size: number, root: Buffer): string
export function readCheckpoint(text: string): Checkpoint | undefined
export function followHandovers(trusted: readonly NoteKey[], kept: readonly Kept[]): readonly NoteKey[]
/** What a line of an export says of its event. @param strictly - its text is made canonical first */
export function factsOf(text: string, line: number, strictly: boolean): Facts
export function verifyExport(
  open: Lines,
  options?: { readonly keys?: readonly string[]; readonly against?: readonly (string | Lines)[] },
): Promise<Verdict>
export function verifyProof(
  proof: unknown,
  options?: { readonly keys?: readonly string[] },
): { readonly ok: boolean; readonly selfVouched: boolean; readonly message: string }
export function sayVerdict(verdict: Verdict, name: string): string
