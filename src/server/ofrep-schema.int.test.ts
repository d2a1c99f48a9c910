import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkout } from '../flow/flags/testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const file = path.resolve(process.env['THREEWAYS_DATA'] ?? '../shared/data', 'openfeature/ofrep-openapi.yaml')

type Schemas = Readonly<Record<string, unknown>>

/** A validator of one of the protocol's schemas. */
function validator(name: string) {
  const { components } = parse(readFileSync(file, 'utf8')) as { components: { schemas: Schemas } }
  // The kinds of values exclude each other in the document, and its own "code default" has no member that must be there: whatever
  // is one of the others is that as well, so that nothing at all would be valid.
  const schemas = JSON.parse(
    JSON.stringify(components.schemas).replaceAll(
      '"oneOf":[{"$ref":"#/components/schemas/booleanFlag"',
      '"anyOf":[{"$ref":"#/components/schemas/booleanFlag"',
    ),
  ) as Schemas
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return ajv.compile({ $ref: `#/components/schemas/${name}`, components: { schemas } })
}

describe.skipIf(!existsSync(file))('every answer, held against the OpenAPI document of OFREP 0.3', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    const numbers =
      'flag: size\nowner: a\npurpose: operations\nvariants: {s: 1, m: 2.5}\ncontrol: s\nenvironments: {production: {state: on, serve: m}}'
    const objects =
      'flag: banner\nowner: a\npurpose: operations\nvariants: {a: {text: x}}\ncontrol: a\nenvironments: {production: {state: off}}'
    const texts =
      'flag: colour\nowner: a\npurpose: operations\nvariants: {a: red, b: blue}\ncontrol: a\nenvironments: {production: {state: ramp, serve: {b: 50%}}}'
    const files = [checkout, numbers, objects, texts].map((document, index) => ({ document, file: `${index}.yaml` }))
    const { status } = await t.ask('PUT', '/api/flags', { files, reason: 'a test' })
    expect(status).toBe(200)
  })
  afterAll(() => t.close())

  const ask = (to: string, body: string) =>
    t.threeways.app.request(`/api/flag-sets/production/ofrep/v1/evaluate/flags${to}`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
    })

  it.each([
    ['/checkout-v2', '{"context":{"targetingKey":"ada"}}', 200, 'serverEvaluationSuccess'],
    ['/size', '{"context":{"targetingKey":"ada"}}', 200, 'serverEvaluationSuccess'],
    ['/banner', '{"context":{}}', 200, 'serverEvaluationSuccess'],
    ['/colour', '{"context":{}}', 200, 'serverEvaluationSuccess'],
    ['/nothing', '{"context":{}}', 404, 'flagNotFound'],
    ['/size', '{"context":7}', 400, 'evaluationFailure'],
    ['/size', '{', 400, 'evaluationFailure'],
    ['', '{"context":{"targetingKey":"ada"}}', 200, 'bulkEvaluationSuccess'],
    ['', '{"context":[]}', 400, 'bulkEvaluationFailure'],
  ])('%s with %s is %i, as %s', async (to, body, status, schema) => {
    const response = await ask(to, body)
    expect(response.status).toBe(status)
    const isValid = validator(schema)
    const answer: unknown = await response.json()
    expect(isValid(answer) ? [] : isValid.errors).toEqual([])
  })
})
