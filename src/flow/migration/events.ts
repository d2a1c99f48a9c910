import { integer, list, object, oneOf, optional, text } from '../../kernel/json-schema.ts'
import { ownEvent } from '../../ledger/event.ts'

const database = {
  stream: text('the value stream'),
  environment: text('stream/environment'),
  resource: text('its name in the definition'),
}

/** Subject: stream/environment/resource/file. */
export const migrationApplied = ownEvent(
  'migration.applied',
  'A migration changed the database of an environment. Subject: stream/environment/resource/file',
  object({
    ...database,
    stage: optional(text('the stage; absent: an environment of a person')),
    candidate: text('digest of the candidate that brought it'),
    commit: optional(text('its commit')),
    run: optional(text('the delivery')),
    file: text('its path below the folder of migrations'),
    kind: oneOf(['expand', 'contract'], 'contract: older candidates cannot be gone back to any more'),
    checksum: text('digest of the file'),
    at: text('when, by the clock of the database'),
    ms: integer('how long it took'),
    backup: optional(text('id of the backup that was made before it')),
    allowed: list(
      object({ rule: text('which'), line: integer('of the file'), reason: text('as the file says it') }),
      'what the safety check refuses and a reviewed comment let through',
    ),
  }),
)

const backup = {
  ...database,
  backup: text('its id'),
  bytes: integer('size of the database'),
  at: text('when it was made'),
}

/** Subject of both: stream/environment/resource. */
export const backupMade = ownEvent(
  'backup.made',
  'A database of an environment was copied before something changed it. Subject: stream/environment/resource',
  object({ ...backup, before: text('what it was made before'), run: optional(text('the delivery')) }),
)

export const backupRestored = ownEvent(
  'backup.restored',
  'A database of an environment is again what it was when a backup was made. Subject: stream/environment/resource',
  object({ ...backup, by: text('who asked for it'), replaced: text('id of the backup that keeps what was there before') }),
)
