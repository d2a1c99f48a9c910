import { digest, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

/** Subject: the candidate's digest. What was attested stands beside the ledger, under the digest named here. */
export const attestationMade = ownEvent(
  'attestation.made',
  'Something was said of a candidate and signed: how it was built, what is in it, how a check ended, that it was let into a stage',
  object({
    stream: text('the value stream'),
    run: text('the delivery'),
    kind: oneOf(['provenance', 'sbom', 'test-result', 'verification-summary'], 'what is said'),
    statement: digest('of the envelope as it is kept; of an SBOM, of the document'),
    keyid: optional(text('who signed it: SHA-256 of the SubjectPublicKeyInfo')),
    stage: optional(text('of a check or a summary')),
    check: optional(text('the check')),
    result: optional(oneOf(['PASSED', 'FAILED'], 'of a check or a summary')),
  }),
)
