import type { Json, StandardType } from './types.ts'

/** How long names may be, in UTF-8 bytes: they are in the ledger's indexes. */
export const bytesMax = { id: 1_000, source: 1_000, subject: 2_000, chainId: 1_000, type: 250 } as const

// CloudEvents 1.0, "Type System": a String holds no control characters.
const name: Json = { type: 'string', minLength: 1, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }
const uriReference: Json = { type: 'string', minLength: 1, format: 'uri-reference' }
const uri: Json = { type: 'string', minLength: 1, format: 'uri' }
/** Looked at by the catalogue: times are normalised, and what CloudEvents say twice is compared. */
const time: Json = { type: 'string' }
const repeated: Json = { type: 'string' }
const contextId: Json = { type: 'object', properties: { contextId: { type: 'string', minLength: 1 } }, required: ['contextId'] }

const link = (linkType: string, members: Json, required: readonly string[]): Json => ({
  type: 'object',
  properties: { linkType: { const: linkType }, ...members, tags: { type: 'object' } },
  required: ['linkType', ...required],
  additionalProperties: false,
})
const links: Json = {
  type: 'array',
  items: {
    type: 'object',
    discriminator: { propertyName: 'linkType' },
    required: ['linkType'],
    oneOf: [
      link('END', { from: contextId }, []),
      link('PATH', { from: contextId }, ['from']),
      link('RELATION', { linkKind: { type: 'string', minLength: 1 }, target: { ...contextId, required: [] } }, ['linkKind', 'target']),
    ],
  },
}

/** CDEvents 0.5.1: the shape all its kinds of event share, around one kind's content. */
export function cdEventSchema(
  type: Json,
  { content, plainSources, subject }: Pick<StandardType, 'content' | 'plainSources' | 'subject'>,
): Json {
  return {
    type: 'object',
    properties: {
      context: {
        type: 'object',
        properties: {
          specversion: { type: 'string', minLength: 1 },
          id: repeated,
          source: repeated,
          type,
          timestamp: time,
          schemaUri: uri,
          chainId: name,
          links,
        },
        required: ['specversion', 'id', 'source', 'type', 'timestamp'],
        additionalProperties: false,
      },
      subject: {
        type: 'object',
        properties: { id: name, source: plainSources ? { type: 'string' } : uriReference, content, ...subject },
        required: ['id', 'content'],
        additionalProperties: false,
      },
      customData: { type: ['object', 'string'] },
      customDataContentType: { type: 'string' },
    },
    required: ['context', 'subject'],
    additionalProperties: false,
  }
}

/** CloudEvents 1.0 around `data`. Extension attributes have lower-case names and plain values. */
export function cloudEventSchema(type: Json, data: Json): Json {
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: name,
      source: uriReference,
      type,
      subject: repeated,
      time,
      datacontenttype: { type: 'string', pattern: '^[^;]*[/+][jJ][sS][oO][nN]\\s*(;.*)?$' },
      dataschema: uri,
      data,
    },
    required: ['specversion', 'id', 'source', 'type', 'data'],
    propertyNames: { pattern: '^[a-z0-9]{1,64}$' },
    additionalProperties: { type: ['string', 'boolean', 'integer'] },
  }
}
