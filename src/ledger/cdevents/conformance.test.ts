import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeCatalogue } from '../catalogue.ts'
import type { CdEvent } from '../event.ts'
import { carried, samples } from './samples.ts'
import { standardTypes } from './types.ts'

/** The published files of CDEvents 0.5.1; not part of this repository. */
const published = process.env['CDEVENTS_FILES'] ?? path.resolve(import.meta.dirname, '../../../../shared/data/cdevents-0.5.1')
const files = (folder: string) =>
  readdirSync(path.join(published, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file, JSON.parse(readFileSync(path.join(published, folder, file), 'utf8')) as unknown] as const)

const { accept, entries } = makeCatalogue([])

describe('CDEvents 0.5.1', () => {
  it('has 45 kinds of event', () => {
    expect(entries).toHaveLength(45)
  })

  it.each(samples.map((sample) => [sample.context.type, sample] as const))('keeps a %s as it came', (_, sample) => {
    const { body, fact } = accept(carried(sample))
    expect(JSON.parse(body)).toEqual(carried(sample))
    expect(fact.time).toBe('2026-03-01T09:30:00.500000000Z')
  })
})

describe.skipIf(!existsSync(published))('the published files of CDEvents 0.5.1 (skipped where they are not: set CDEVENTS_FILES)', () => {
  it('are all accepted and come back as the same values', () => {
    const conformance = files('conformance')
    expect(conformance).toHaveLength(45)
    for (const [file, data] of conformance) {
      const { event } = accept(carried(data as CdEvent))
      expect({ file, data: event.data }).toEqual({ file, data })
    }
  })

  it('are the schemas our table says, kind by kind', () => {
    const ours = Object.fromEntries(Object.entries(standardTypes).map(([name, { content }]) => [`dev.cdevents.${name}`, essence(content)]))
    const theirs = Object.fromEntries(
      files('schemas').map(([, schema]) => {
        const { context, subject } = (schema as Published).properties
        return [context.properties.type.enum[0], essence(subject.properties.content)]
      }),
    )
    expect(ours).toEqual(theirs)
  })

  it('say where sources may be plain text and what else a subject has', () => {
    for (const [file, schema] of files('schemas')) {
      const { context, subject } = (schema as Published).properties
      const standard = standardTypes[context.properties.type.enum[0]!.slice('dev.cdevents.'.length)]!
      const { id: _id, source, content: _content, ...others } = subject.properties
      expect({ file, plain: source.format === undefined, others: essence(others) }).toEqual({
        file,
        plain: standard.plainSources ?? false,
        others: essence(standard.subject ?? {}),
      })
    }
  })
})

type Published = {
  properties: {
    context: { properties: { type: { enum: string[] } } }
    subject: { properties: { source: { format?: string }; content: unknown; id: unknown } & Record<string, unknown> }
  }
}

/** What a schema accepts, without what it only remarks. */
function essence(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(essence)
  if (typeof schema !== 'object' || schema === null) return schema
  const { example: _example, default: _default, minLength, anyOf, required, ...rest } = schema as Record<string, unknown>
  // An anyOf of texts, one of them any text, is any text.
  if (Array.isArray(anyOf)) return { type: 'string' }
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, essence(value)])),
    // Neither a URI nor one of these words is empty.
    ...(minLength !== undefined && rest['format'] !== 'uri' && !('enum' in rest) ? { minLength } : {}),
    ...(Array.isArray(required) && required.length > 0 ? { required: required.toSorted() } : {}),
  }
}
