import { digestOf } from '../../kernel/digest.ts'
import { isNpmLock, readNpmLock, type Component } from './npm-lock.ts'

export type LockFile = {
  readonly path: string
  /** undefined: it could not be read as it was committed. */ readonly text: string | undefined
}
export type Sbom = {
  readonly text: string
  readonly components: number
  /** Lock files that nothing was taken from. */ readonly unread: readonly string[]
}

export type About = { readonly stream: string; readonly commit: string; readonly committedAt: string; readonly version: string }

/**
 * A software bill of materials (CycloneDX 1.6, JSON) from what the lock files pin. What cannot be read is said to be unknown, never
 * guessed. The same for the same commit.
 */
export function sbomOf({ stream, commit, committedAt, version }: About, lockFiles: readonly LockFile[]): Sbom {
  const root = `pkg:generic/${encodeURIComponent(stream)}@${commit}`
  const found: Component[] = []
  const unread: string[] = []
  for (const { path, text } of lockFiles) {
    const components = text !== undefined && isNpmLock(path) ? readNpmLock(text, path) : undefined
    if (components) found.push(...components)
    else unread.push(path)
  }
  const aggregate = found.length === 0 ? 'unknown' : unread.length > 0 ? 'incomplete' : 'complete'
  const direct = found.filter((component) => component.direct).map(({ ref }) => ref)
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: committedAt,
      tools: { components: [{ type: 'application', name: 'threeways', version }] },
      component: { type: 'application', 'bom-ref': root, name: stream, version: commit },
      ...(unread.length === 0 ? {} : { properties: unread.map((value) => ({ name: 'threeways:lock-file:unread', value })) }),
    },
    components: found.map(written),
    dependencies: [{ ref: root, dependsOn: direct }, ...found.map(({ ref, dependsOn }) => ({ ref, dependsOn }))],
    compositions: [{ aggregate, assemblies: [root] }],
  }
  const text = JSON.stringify({ ...document, serialNumber: `urn:uuid:${uuidFrom(digestOf(document))}` })
  return { text, components: found.length, unread }
}

function written({ ref, name, group, version, purl, sha, license, development, optional }: Component) {
  return {
    type: 'library',
    'bom-ref': ref,
    ...(group === undefined ? {} : { group }),
    name,
    version,
    // Built with, not shipped, as far as the lock file tells.
    scope: development ? 'excluded' : optional ? 'optional' : 'required',
    ...(sha === undefined ? {} : { hashes: [sha] }),
    ...(license === undefined ? {} : { licenses: [isExpression(license) ? { expression: license } : { license: { name: license } }] }),
    ...(purl === undefined ? {} : { purl }),
  }
}

const isExpression = (license: string) => /^[A-Za-z0-9.+()-]+( (AND|OR|WITH) [A-Za-z0-9.+()-]+)*$/.test(license) && license !== 'UNLICENSED'

/** A name-based UUID (RFC 9562, version 8) of what it names. */
function uuidFrom(digest: string): string {
  const hex = digest.slice('sha256:'.length)
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
