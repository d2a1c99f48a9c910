import type { DriftKind, EnvironmentFacts } from '../../../flow/environment/drift/facts.port.ts'

const fromProc: readonly DriftKind[] = [
  'process-frozen',
  'process-foreign',
  'candidate',
  'variables',
  'command',
  'limits',
  'port-closed',
  'port-foreign',
  'address',
]

/** What a system that is not Linux does not tell of its processes, and nothing tells of what is in containers. */
export function unseenHere(platform: NodeJS.Platform, hasContainers: boolean): EnvironmentFacts['unseen'] {
  if (platform === 'linux' && !hasContainers) return []
  return fromProc.map((kind) => ({
    kind,
    why: platform === 'linux' ? 'containers are not looked into' : `read from /proc, which ${platform} does not have`,
  }))
}
