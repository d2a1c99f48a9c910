import type { CloudEvent } from '../../src/ledger/event.ts'

const services = 50
const stages = ['dev', 'test', 'production']

/**
 * Events as deliveries make them, one after the other without end: a change is merged, built, packed, tested and deployed stage
 * by stage; now and then an incident. Some 700 bytes each. `name` keeps several sequences apart.
 */
export function* delivery(name: string): Generator<CloudEvent, undefined> {
  for (let change = 0; ; change++) {
    const service = `service-${change % services}`
    const id = `${name}-change-${change}`
    const artifact = `pkg:oci/${service}@sha256%3A${change.toString(16).padStart(64, '0')}`
    const make = envelopes(id, 1_700_000_000_000 + change * 60_000)
    yield make('change.merged.0.3.0', id, { repository: { id: `repository/${service}`, source: 'https://git.example.com' } })
    yield make('build.finished.0.3.0', `${id}/build`, { artifactId: artifact })
    yield make('artifact.published.0.3.0', artifact, { user: `team-${change % 7}` })
    for (const stage of stages) {
      const environment = { id: `shop/${stage}`, source: 'https://example.com/environments' }
      yield make('testsuiterun.finished.0.3.0', `${id}/${stage}/tests`, {
        environment,
        outcome: change % 11 ? 'success' : 'failure',
        testSuite: { id: 'unit' },
      })
      yield make('service.deployed.0.3.0', service, { environment, artifactId: artifact })
    }
    if (change % 40 === 0)
      yield make('incident.detected.0.3.0', `${id}/incident`, { environment: { id: 'shop/production' }, service: { id: service } })
  }
}

function envelopes(chainId: string, start: number) {
  let n = 0
  return (name: string, subject: string, content: Readonly<Record<string, unknown>>): CloudEvent => {
    const timestamp = new Date(start + ++n * 1000).toISOString()
    const type = `dev.cdevents.${name}`
    const common = { id: `${chainId}-${n}`, source: 'https://ci.example.com/pipelines' }
    return {
      specversion: '1.0',
      ...common,
      type,
      subject,
      time: timestamp,
      datacontenttype: 'application/json',
      data: {
        context: { specversion: '0.5.1', ...common, type, timestamp, chainId },
        subject: { id: subject, content },
        customData: { pipeline: 'delivery', runner: `runner-${n}`, attempt: 1 },
      },
    }
  }
}
