import type { CdEvent, CloudEvent } from '../event.ts'

/** The CDEvent inside the CloudEvent that carries it, as CDEvents' binding to CloudEvents has it. */
export function carried(data: CdEvent): CloudEvent {
  const { id, source, type, timestamp } = data.context
  return { specversion: '1.0', id, source, type, subject: data.subject.id, time: timestamp, datacontenttype: 'application/json', data }
}

const context = (type: string) => ({
  specversion: '0.5.1',
  id: `id of ${type}`,
  source: '/team-a/tool',
  type: `dev.cdevents.${type}`,
  timestamp: '2026-03-01T10:30:00.5+01:00',
  schemaUri: 'https://example.com/schemas/ours',
  chainId: 'delivery-17',
  links: [
    { linkType: 'RELATION', linkKind: 'TRIGGER', target: { contextId: 'earlier' }, tags: { why: 'merged' } },
    { linkType: 'PATH', from: { contextId: 'earlier' } },
    { linkType: 'END' },
  ],
})

/** A few events of our own making, with every part of the standard's shape in use. */
export const samples: readonly CdEvent[] = [
  {
    context: context('change.merged.0.3.0'),
    subject: { id: 'change-7', source: 'https://git.example.com', content: { repository: { id: 'shop', source: '/repositories' } } },
    customData: { branch: 'main', files: [1, 2.5, null, { ключ: true }] },
    customDataContentType: 'application/json',
  },
  {
    context: context('service.deployed.0.3.0'),
    subject: { id: 'shop/web', content: { environment: { id: 'shop/production' }, artifactId: 'pkg:oci/shop@sha256%3A0b31' } },
    customData: 'bm90IEpTT04=',
    customDataContentType: 'text/plain',
  },
  {
    context: { ...context('testcaserun.finished.0.3.0'), links: [] },
    subject: {
      id: 'run-3/checkout',
      source: 'a source in words',
      content: {
        outcome: 'failure',
        severity: 'high',
        reason: 'expected 200, got 500 — “naïve” cache 🙂',
        environment: { id: 'shop/test' },
        testSuiteRun: { id: 'run-3', source: 'in words too' },
        testCase: { id: 'checkout', name: 'buys a cake', type: 'e2e', uri: 'https://ci.example.com/run-3#checkout' },
      },
    },
  },
  {
    context: context('ticket.closed.0.2.0'),
    subject: {
      id: 'T-9',
      type: 'ticket',
      content: { uri: '/tickets/9', resolution: 'completed', labels: ['bug'], ticketType: 'chore' },
    } as CdEvent['subject'],
  },
]
