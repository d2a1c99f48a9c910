import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from '../../kernel/digest.ts'
import { ThreewaysError } from '../../kernel/errors.ts'
import { readDefinition } from './read.ts'
import { rendered } from './render.ts'

const example = readFileSync(new URL('example.yaml', import.meta.url), 'utf8')
const snippets = [
  '\t',
  '\n',
  ' ',
  ':',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '<<: *a',
  '!!x ',
  '| ',
  '%',
  '#',
  '$',
  '$$',
  '${A}',
  '0x1',
  '1.10',
  'null',
  '~',
  '---\n',
  '? ',
  '..',
  '/',
  '__proto__: 1',
  '\u0000',
  '\ud800',
  '\ufeff',
  '\u2028',
  '🙂',
  'constructor',
  'services:',
  'x-run:',
  'after: [production]',
  '5s',
  '-1',
  '1e999',
]

type Mutation = (text: string) => string

const at = fc.nat(example.length)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.constantFrom(...snippets)).map(
    ([from, snippet]): Mutation =>
      (text) =>
        text.slice(0, from) + snippet + text.slice(from),
  ),
  fc.tuple(at, fc.nat(12)).map(
    ([from, count]): Mutation =>
      (text) =>
        text.slice(0, from) + text.slice(from + count),
  ),
  fc.tuple(at, fc.constantFrom(...snippets), fc.nat(12)).map(
    ([from, snippet, count]): Mutation =>
      (text) =>
        text.slice(0, from) + snippet + text.slice(from + count),
  ),
  fc.tuple(fc.nat(60), fc.nat(60)).map(
    ([a, b]): Mutation =>
      (text) =>
        moveLine(text, a, b),
  ),
  fc.tuple(at, at, at).map(
    ([a, b, to]): Mutation =>
      (text) =>
        text.slice(0, to) + text.slice(Math.min(a, b), Math.max(a, b)) + text.slice(to),
  ),
)

function moveLine(text: string, from: number, to: number): string {
  const lines = text.split('\n')
  lines.splice(to, 0, ...lines.splice(from, 1))
  return lines.join('\n')
}

it('answers a damaged file with a definition, or with faults that stand inside it', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const text = mutations.reduce((damaged, mutate) => mutate(damaged), example)
      const lines = text.replace(/^\ufeff/, '').split('\n')
      try {
        const { definition } = readDefinition(text, 'threeways.yaml')
        canonicalJson(definition)
        for (const name of Object.keys(definition.environments)) rendered(definition, name)
      } catch (error) {
        if (!(error instanceof ThreewaysError) || error.code !== 'DEFINITION_INVALID') throw error
        expect(error.faults.length).toBeGreaterThan(0)
        for (const { line, column, message, help } of error.faults) {
          expect(message.length * help!.length).toBeGreaterThan(0)
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lines.length)
          expect(column).toBeGreaterThanOrEqual(1)
          expect(column).toBeLessThanOrEqual(lines[line! - 1]!.length + 1)
        }
      }
    }),
    { numRuns: 200 },
  )
})

/** Any value of YAML's, put in the place of any value of the file. */
it('answers any value in any place with a definition or with faults', () => {
  const document = readDefinition(example, 'threeways.yaml').document
  const paths: (readonly string[])[] = []
  const collect = (value: unknown, path: readonly string[]): void => {
    paths.push(path)
    if (value !== null && typeof value === 'object') for (const [key, member] of Object.entries(value)) collect(member, [...path, key])
  }
  collect(document, [])
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), (path, value) => {
      try {
        readDefinition(JSON.stringify(replaced(document, path, value)), 'threeways.yaml')
      } catch (error) {
        expect(error).toMatchObject({ code: 'DEFINITION_INVALID' })
      }
    }),
    { numRuns: 200 },
  )
})

function replaced(document: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, value)
  return copy
}
