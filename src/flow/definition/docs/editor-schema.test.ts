import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { definitionText, faultsIn } from '../testing.ts'
import { editorSchema } from './editor-schema.ts'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(editorSchema())
const faults = (text: string): readonly string[] =>
  validate(parse(text)) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)

describe("the editor's schema", () => {
  it('accepts what is valid', () => {
    expect(faults(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8'))).toEqual([])
    expect(faults(definitionText({ environments: '\n    dev:' }))).toEqual([])
    const foreign = definitionText({ services: '{web: {command: a, x-other: 1}}' })
    expect([faults(foreign), faultsIn(foreign)]).toEqual([[], []])
  })

  it.each([
    ['an unknown key', definitionText({ services: '{web: {comand: a}}' }), '/services/web must NOT have additional properties'],
    [
      'a wrong value',
      definitionText({ services: '{web: {command: a, restart: often}}' }),
      '/services/web/restart must be equal to one of the allowed values',
    ],
    [
      'a duration without a unit',
      definitionText({ checks: '{unit: {run: a, timeout: 5}}' }),
      '/x-threeways/checks/unit/timeout must be string',
    ],
    ['a name that is none', definitionText({ environments: '{Dev_1: {}}' }), '/x-threeways/environments must match pattern'],
    ['what is missing', 'name: a\nservices: {}\n', " must have required property 'x-threeways'"],
  ])('refuses %s', (_, text, fault) => {
    expect(faults(text).join('\n')).toContain(fault)
    expect(faultsIn(text)).not.toEqual([])
  })
})
