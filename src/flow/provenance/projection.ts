import { first, projection, type Row } from '../../ledger/projection.ts'
import { attestationMade } from './events.ts'

/** Everything that was attested, by the digest of what was signed. */
export const attestations = projection({
  table: 'attestation',
  key: ['candidate', 'statement'],
  columns: {
    stream: first.text,
    run: first.text,
    kind: first.text,
    keyid: first.text,
    stage: first.text,
    check: first.text,
    result: first.text,
    madeAt: first.text,
  },
}).on(attestationMade, ({ subject, time, content }) => {
  const { keyid = null, stage = null, check = null, result = null } = content
  return [{ ...content, candidate: subject, keyid, stage, check, result, madeAt: time }]
})

export type AttestationRow = Row<typeof attestations>
