import { expect, it } from 'vitest'
import { readWithPlaces } from './document.ts'
import { flagOf } from './testing.ts'
import { checkResolved } from './unresolved.ts'

const chat = flagOf('flag: chat\nowner: a\npurpose: operations\nenvironments: {production: {state: on, serve: on}}')
const text = `flag: unres
owner: a
purpose: operations
requires:
  - {flag: nowhere, variant: on}
  - {flag: chat, variant: purple}
layer: nolayer
environments:
  production:
    state: ramp
    rules:
      - {id: r, when: {any: [{$flag: {nix: [on]}}, {a: 1}]}, serve: on}
    serve: {on: 5%}
`

it('tells of everything that nobody has, each at its line', () => {
  const read = { ...readWithPlaces(text, 'flags/unres.yaml'), file: 'flags/unres.yaml' }
  let told: unknown
  try {
    checkResolved([read], new Map([['chat', { flag: chat }]]))
  } catch (error) {
    told = error
  }
  const at = (line: number, message: string, help: string) => ({
    file: 'flags/unres.yaml',
    line,
    column: expect.any(Number),
    message,
    help,
  })
  expect(told).toMatchObject({
    code: 'FLAG_REQUIREMENT_INVALID',
    faults: [
      at(5, '"unres" requires "nowhere", which is no flag', 'there is "chat"'),
      at(6, '"unres" requires "chat" to be "purple", which is no variant of it', 'there is "off", "on"'),
      at(7, '"unres" is to be in the layer "nolayer", which is no flag', 'write one first: a flag with `purpose: layer`'),
      at(12, '"unres" requires "nix", which is no flag', 'there is "chat"'),
    ],
  })
})
