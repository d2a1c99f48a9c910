import { expect, it } from 'vitest'
import { nearest, suggestion } from './suggest.ts'

it('finds the name that was meant: a slip, swapped letters, another case', () => {
  const names = ['environment', 'healthcheck', 'depends_on']
  expect(nearest('enviroment', names)).toBe('environment')
  expect(nearest('helathcheck', names)).toBe('healthcheck')
  expect(nearest('Depends_On', names)).toBe('depends_on')
  expect(nearest('volumes', names)).toBeUndefined()
})

it('lists the names that exist when none is near', () => {
  expect(suggestion('production', ['dev', 'test'], 'none')).toBe('there is "dev", "test"')
  expect(suggestion('x', [], 'none is defined')).toBe('none is defined')
})
