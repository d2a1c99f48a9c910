import { expect, it } from 'vitest'
import { attributesIn } from './attributes.ts'

it('reads attributes, and text that looks like something else in quotes', () => {
  expect(attributesIn('country=DE, age=31, pays=true, zip="01234", name="Lovelace, Ada"')).toEqual({
    context: { country: 'DE', age: 31, pays: true, zip: '01234', name: 'Lovelace, Ada' },
  })
  expect(attributesIn('')).toEqual({ context: {} })
})

it('names the part that is no attribute', () => {
  expect(attributesIn('country=DE age')).toEqual({ wrong: 'country=DE age' })
  expect(attributesIn('country=DE, age')).toEqual({ wrong: 'age' })
  expect(attributesIn('=DE')).toEqual({ wrong: '=DE' })
})
