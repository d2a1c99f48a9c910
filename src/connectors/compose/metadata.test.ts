import { describe, expect, it } from 'vitest'
import { optionFaults, optionsFor, type Metadata } from './metadata.ts'

const metadata: Metadata = {
  up: [
    { name: 'name', required: true },
    { name: 'size', required: false, type: 'integer' },
    { name: 'kind', required: false, enum: 'mysql, postgres' },
    { name: 'public', required: false, type: 'bool' },
  ],
  down: [{ name: 'name', required: true }],
}
const faults = (options: Record<string, string[]>) =>
  optionFaults(options, metadata).map(({ option, message }) => `${option ?? ''}: ${message}`)

describe('options of a provider', () => {
  it('are right when it knows each, and has what it requires', () => {
    expect(faults({ name: ['a'], size: ['12'], kind: ['postgres'], public: ['true'] })).toEqual([])
  })

  it('are refused when they are unknown, missing or of another kind', () => {
    expect(faults({ nmae: ['a'] })).toEqual(['nmae: has no option "nmae"', ': requires the option "name"'])
    expect(faults({ name: ['a'], size: ['big'], kind: ['oracle'], public: ['maybe'] })).toEqual([
      'size: takes integer as "size", got "big"',
      'kind: does not know "oracle" as "kind"',
      'public: takes bool as "public", got "maybe"',
    ])
  })

  it('reach the commands that know them, and every command of one that says nothing', () => {
    const options = { name: ['a'], size: ['1'] }
    expect(optionsFor('down', options, metadata)).toEqual({ name: ['a'] })
    expect(optionsFor('down', options, undefined)).toEqual(options)
  })
})
