import { z } from 'zod'
import { DefinitionFile } from '../schema.ts'
import { keyNotes } from '../schema/registry.ts'
import { defaultOf } from '../schema/shape.ts'
import { namePattern } from '../schema/values.ts'

/** JSON Schema of the file, as far as one can say it: for editors, in draft 2020-12. What it accepts may still be refused. */
export type EditorSchema = Readonly<Record<string, unknown>>

/** Names the schema; it changes with the `version` of the format. */
const id = 'urn:threeways:definition:1'

/** The schema that editors complete and check `threeways.yaml` with. */
export function editorSchema(): EditorSchema {
  const { $schema, ...schema } = z.toJSONSchema(DefinitionFile, {
    io: 'input',
    target: 'draft-2020-12',
    override({ zodSchema, jsonSchema }) {
      const schema = zodSchema as unknown as z.ZodType
      // Left out by zod where the value read is of another type than the value written, as with durations; ours are as written.
      const examples = schema.meta()?.['examples'] as unknown[] | undefined
      if (examples) jsonSchema.examples = examples
      const value = defaultOf(schema)
      if (value !== undefined) jsonSchema.default = value
      if (keyNotes.get(schema)?.foreign) jsonSchema.patternProperties = { '^x-': {} }
      if (jsonSchema.type === 'object' && typeof jsonSchema.additionalProperties === 'object') {
        jsonSchema.propertyNames ??= { pattern: namePattern.source }
      }
    },
  })
  return { $schema, $id: id, description: 'A value stream: a Compose document and what it takes to deliver it', ...schema }
}
