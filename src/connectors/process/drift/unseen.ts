import type { DriftKind, EnvironmentFacts } from '../../../flow/environment/drift/facts.port.ts'

const fromProc: readonly DriftKind[] = [
  'process-frozen',
  'process-foreign',
  'candidate',
  'variables',
  'command',
  'port-closed',
  'port-foreign',
  'address',
]

/** What a system that is not Linux does not tell of its processes. */
export function unseenHere(platform: NodeJS.Platform): EnvironmentFacts['unseen'] {
  if (platform === 'linux') return []
  return fromProc.map((kind) => ({ kind, why: `read from /proc, which ${platform} does not have` }))
}
