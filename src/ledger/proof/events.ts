import { object, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../event.ts'

/** Subject: the new key's id. */
export const keyRotated = ownEvent(
  'signingkey.rotated',
  'A new key signs from now on; the one before it has vouched for it',
  object({
    from: text('id of the key before: SHA-256 of its SubjectPublicKeyInfo'),
    publicKey: text('the new key: SubjectPublicKeyInfo, base64 of its DER'),
    by: text('who asked for it'),
    reason: text('why'),
  }),
)
