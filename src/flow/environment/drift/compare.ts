import type { Drift, EnvironmentFacts, InstanceFacts, ReplicaFacts, ResourceFacts } from './facts.port.ts'

/** Everything that is not as it was made, but files and schemas: they are compared with what was seen before. Pure. */
export function driftsIn(facts: EnvironmentFacts): readonly Drift[] {
  return [
    ...facts.instances.flatMap(instanceDrifts),
    ...facts.replicas.flatMap(replicaDrifts),
    ...facts.strangers.map(({ pid, command }): Drift => {
      const observed = `${command} runs with the marks of this environment`
      return { kind: 'process-foreign', subject: `process ${pid}`, expected: 'only processes that were started for it', observed }
    }),
    ...recordDrifts(facts.record),
    ...facts.addresses.flatMap(({ service, port, found }): readonly Drift[] => {
      if (found === port) return []
      const observed = found === undefined ? 'nobody listens' : `port ${found}: another program sat on the other`
      return [{ kind: 'address', subject: service, expected: `public port ${port}`, observed }]
    }),
    ...(facts.resources ?? []).flatMap(resourceDrifts),
  ]
}

export function nameOf({ service, replica }: Pick<InstanceFacts, 'service' | 'replica'>): string {
  return replica === 0 ? service : `${service} (${replica + 1})`
}

function instanceDrifts(instance: InstanceFacts): readonly Drift[] {
  const about = { subject: nameOf(instance), evidence: String(instance.launches) }
  const { alive, given, frozen, runs, candidate, variables, command, limits } = instance
  if (!alive) return [{ ...about, kind: 'process-gone', expected: 'it runs', observed: given ?? 'its process is gone' }]
  const found: Drift[] = []
  if (frozen.length > 0)
    found.push({ ...about, kind: 'process-frozen', expected: 'it runs', observed: `stopped by a signal: process ${frozen.join(', ')}` })
  if (runs !== undefined && runs !== candidate)
    found.push({ ...about, kind: 'candidate', expected: candidate, observed: runs === '' ? 'says nothing' : runs })
  if (variables.length > 0) found.push({ ...about, kind: 'variables', expected: 'its variables as given', observed: variables.join(', ') })
  if (command !== undefined) found.push({ ...about, kind: 'command', ...command })
  if (limits !== undefined) found.push({ ...about, kind: 'limits', ...limits })
  return [...found, ...portDrifts(instance, about)]
}

function portDrifts({ port }: InstanceFacts, about: Pick<Drift, 'subject' | 'evidence'>): readonly Drift[] {
  if (port === undefined) return []
  const expected = `it listens on port ${port.port}`
  if (port.foreign.length > 0) return [{ ...about, kind: 'port-foreign', expected, observed: `${port.foreign.join(', ')} does` }]
  return port.own ? [] : [{ ...about, kind: 'port-closed', expected, observed: 'nobody does' }]
}

function replicaDrifts({ service, wanted, there }: ReplicaFacts): readonly Drift[] {
  return wanted === there ? [] : [{ kind: 'replicas', subject: service, expected: String(wanted), observed: String(there) }]
}

function recordDrifts(record: EnvironmentFacts['record']): readonly Drift[] {
  if (record === 'as written') return []
  const observed = record === 'missing' ? 'is gone' : 'was changed by somebody else'
  return [{ kind: 'record', subject: 'record', expected: 'state.json as threeways wrote it', observed }]
}

function resourceDrifts({ name, exists, role }: ResourceFacts): readonly Drift[] {
  if (!exists) return [{ kind: 'resource-missing', subject: name, expected: 'its database is there', observed: 'it is gone' }]
  return role === undefined || role.expected === role.observed ? [] : [{ kind: 'resource-role', subject: name, ...role }]
}
