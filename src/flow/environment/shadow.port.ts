import type { IncomingHttpHeaders } from 'node:http'
import type { Digest } from '../../kernel/digest.ts'
import type { Shadow } from '../definition/shadow.ts'
import type { EnvironmentId } from './provider.port.ts'

export { credentials } from '../definition/shadow.ts'

/** Whose requests an environment gets copies of, and how. */
export type Shadowing = Omit<Shadow, 'from'> & { readonly from: EnvironmentId }

/** Tells services that this request is a copy, and its answer will not be read by whoever asked. A request that brings it along loses it. */
export const shadowHeader = 'x-threeways-shadow'

/** Who gets copies. */
export type Shadowed = {
  readonly environment: EnvironmentId
  readonly candidate: Digest
  readonly shadowing: Shadowing
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Undefined: larger than the limit. */
  readonly body: Buffer | undefined
  /** Until it began. */
  readonly ms: number
}

/** One request that was answered twice. */
export type Seen = {
  /** `noise`: the copy went to another instance of what answered first. */
  readonly kind: 'candidate' | 'noise'
  readonly service: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly control: Answer
  readonly copy: Answer | { readonly failed: 'timeout' | 'broken' }
}

/** Why a request that was drawn is not copied, beside what a budget says: too large, too slow or without an end; nobody is there to get it, nobody was
 * there to be answered, or it was answered before it was there whole. */
export type Uncopied = 'size' | 'unready'

/** Says whether a copy may be sent, and hears what came of it. Whoever drives environments sends them. Never throws. */
export type ShadowDesk = {
  /** A request was drawn. @returns undefined: it may not be copied now, and is counted as such */
  begin(to: Shadowed): Copying | undefined
  /** It is not even tried. @param to - without a candidate: nobody is there to get it */
  drop(to: Omit<Shadowed, 'candidate'> & { readonly candidate: Digest | undefined }, why: Uncopied): void
}

/** A copy from when its request was drawn on. */
export type Copying = {
  /** Once; what is said after that is not heard. */
  end(seen: Seen | Uncopied): void
}

/** Copies nothing. */
export const noShadows: ShadowDesk = { begin: () => undefined, drop: () => {} }
