import { digestOf, type Digest } from '../../kernel/digest.ts'
import type { Definition } from '../definition/definition.ts'

/** What decides how a candidate is built and run, besides its code. */
export type EnvironmentParts = {
  /** As read and normalised: spelling, order and comments of the file do not count. */
  readonly definition: Definition
  /** Path in the checkout to the digest of the file's bytes. */
  readonly lockFiles: Readonly<Record<string, Digest>>
  /** Exact versions of the declared tools. */
  readonly tools: Readonly<Record<string, string>>
}

/** The same on every machine: no path, host, user or time is in it. Another format gets another name. Pure. */
export function environmentDigest({ definition, lockFiles, tools }: EnvironmentParts): Digest {
  return digestOf({ format: 'threeways environment v1', definition, lockFiles, tools })
}

/** The one name under which code, what was built from it and its environment are promoted. Pure. */
export function candidateDigest(parts: { readonly commit: string; readonly artifact: Digest; readonly environment: Digest }): Digest {
  const { commit, artifact, environment } = parts
  return digestOf({ format: 'threeways candidate v1', commit, artifact, environment })
}
