import { describe, expect, it } from 'vitest'
import { apartFault, apartOf } from './exclusion.ts'

const ramp = { state: 'ramp', killed: false }
const flag = (name: string, purpose: string, more: object = {}) => ({
  flag: name,
  owner: 'shop',
  purpose,
  environments: { production: ramp },
  ...more,
})
const checkout = flag('checkout', 'experiment')
const quarter = (environments: object) => flag('quarter', 'holdout', { holds: 'experiments', environments })

describe('a holdout', () => {
  it('keeps its units out of experiments where it dices', () => {
    const all = [checkout, quarter({ production: ramp })]
    expect(apartOf('checkout', 'production', all)).toEqual({ layer: null, holdouts: ['quarter'] })
    expect(apartFault('checkout', 'production', all, { holdouts: ['quarter'] })).toBeUndefined()
    const release = flag('checkout', 'release')
    expect(apartFault('checkout', 'production', [release, all[1]], {})?.message).toContain('would miss this one')
  })

  it.each<[string, object]>([
    ['off', { production: { ...ramp, state: 'off' }, staging: ramp }],
    ['killed', { production: { ...ramp, killed: true }, staging: ramp }],
    ['only in another environment', { staging: ramp }],
  ])('that is %s neither holds an experiment nor misses it', (_, environments) => {
    const holdout = quarter(environments)
    expect(apartOf('checkout', 'production', [checkout, holdout]).holdouts).toEqual([])
    expect(apartFault('checkout', 'production', [checkout, holdout], { holdouts: ['quarter'] })?.message).toContain('in "production"')
    expect(apartFault('checkout', 'production', [flag('checkout', 'release'), holdout], {})).toBeUndefined()
    expect(apartOf('checkout', 'staging', [checkout, holdout]).holdouts).toEqual(['quarter'])
  })
})
