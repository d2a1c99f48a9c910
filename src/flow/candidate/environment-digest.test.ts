import { describe, expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import { candidateDigest, environmentDigest, type EnvironmentParts } from './environment-digest.ts'

const definition: Definition = {
  name: 'shop',
  services: {},
  resources: {},
  artifact: { build: [['npm', 'ci']], pack: ['dist'], reproducible: 'unchecked' },
  tools: { node: '24' },
  environments: {},
  stages: [],
  checks: {},
}
const parts: EnvironmentParts = { definition, lockFiles: { 'package-lock.json': `sha256:${'1'.repeat(64)}` }, tools: { node: '24.21.0' } }

describe('the digests of a candidate', () => {
  it('do not depend on the order in which things were written', () => {
    const shuffled = Object.fromEntries(Object.entries(definition).toReversed()) as Definition
    expect(environmentDigest({ tools: parts.tools, lockFiles: parts.lockFiles, definition: shuffled })).toBe(environmentDigest(parts))
  })

  it('stay what they are from version to version: recorded candidates must be found again', () => {
    expect(environmentDigest(parts)).toBe('sha256:9524f6cb372d4d5cbd663634a7a7672fdb24271c944af0f0e909d42c207dc419')
    const artifact = `sha256:${'2'.repeat(64)}` as const
    const environment = `sha256:${'3'.repeat(64)}` as const
    expect(candidateDigest({ commit: 'c'.repeat(40), artifact, environment })).toBe(
      'sha256:ce6a0ddd84b451cce3b665516f77d591bc46c0b610e144672e2796db7ef0ad39',
    )
  })

  it('change with the definition, a lock file and the exact version of a tool', () => {
    const others: EnvironmentParts[] = [
      { ...parts, definition: { ...definition, name: 'other' } },
      { ...parts, lockFiles: {} },
      { ...parts, lockFiles: { 'package-lock.json': `sha256:${'4'.repeat(64)}` } },
      { ...parts, tools: { node: '24.21.1' } },
    ]
    expect(new Set([parts, ...others].map(environmentDigest)).size).toBe(5)
  })
})
