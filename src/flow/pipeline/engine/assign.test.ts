import { describe, expect, it } from 'vitest'
import { assign, type Machine, type Need } from './assign.ts'

const machine = (home: string, role: Machine['role'], rest: Partial<Machine> = {}): Machine => ({
  home,
  role,
  name: home,
  labels: {},
  capacity: 2,
  busy: 0,
  alive: true,
  forgotten: false,
  ...rest,
})
const [alpha, beta, worker] = [machine('alpha', 'server'), machine('beta', 'server'), machine('worker', 'worker', { labels: { gpu: '1' } })]
const check: Need = {
  work: { kind: 'check', stage: 'dev', check: 'unit' },
  labels: {},
  secrets: false,
  environment: undefined,
  environmentPlace: undefined,
  place: null,
  origin: 'alpha',
  sourceShared: true,
}
const deploy: Need = { ...check, work: { kind: 'deploy', stage: 'dev' }, environment: 'shop/dev' }

describe('who takes a step', () => {
  it('is a worker that is free, else a server', () => {
    expect(assign(check, worker, [alpha, worker])).toBe('yes')
    expect(assign(check, alpha, [alpha, worker])).toBe('another')
    expect(assign(check, alpha, [alpha, { ...worker, busy: 2 }])).toBe('yes')
    expect(assign(check, alpha, [alpha, { ...worker, alive: false }])).toBe('yes')
  })

  it('is a server where it is given secrets, wherever the checkout stands', () => {
    const given = { ...check, secrets: true, place: 'worker' }
    expect(assign(given, worker, [alpha, worker])).toBe('another')
    expect(assign(given, alpha, [alpha, worker])).toBe('yes')
  })

  it('is rather the server that has the repository, unless it has enough to do', () => {
    expect(assign(check, beta, [alpha, beta])).toBe('another')
    expect(assign(check, beta, [{ ...alpha, busy: 2 }, beta])).toBe('yes')
  })

  it('is the machine where the checkout stands, as long as it lives', () => {
    const standing = { ...check, place: 'beta' }
    expect(assign(standing, worker, [alpha, beta, worker])).toBe('another')
    expect(assign(standing, beta, [alpha, beta, worker])).toBe('yes')
    expect(assign(standing, worker, [alpha, { ...beta, alive: false }, worker])).toBe('yes')
  })

  it('has the labels that are asked for, and what nobody has is waited for with a reason', () => {
    const wanting = { ...check, labels: { gpu: '1' }, place: 'alpha' }
    expect(assign(wanting, worker, [alpha, worker])).toBe('yes')
    expect(assign(wanting, alpha, [alpha, worker])).toBe('another')
    expect(assign(wanting, alpha, [alpha])).toEqual({
      kind: 'worker',
      why: 'no worker here has gpu=1',
      for: 'a machine with gpu=1',
    })
  })

  it('is for an environment the server on which it stands, which is waited for when it is away', () => {
    expect(assign(deploy, worker, [alpha, worker])).toBe('another')
    expect(assign(deploy, beta, [alpha, beta])).toBe('yes')
    const standing = { ...deploy, environmentPlace: 'alpha' }
    expect(assign(standing, beta, [alpha, beta])).toBe('another')
    expect(assign(standing, beta, [{ ...alpha, alive: false }, beta])).toMatchObject({
      kind: 'server',
      why: 'environment "shop/dev" stands on server "alpha", which is away',
      for: expect.stringContaining('threeways machines forget alpha') as string,
    })
    expect(assign(standing, beta, [{ ...alpha, alive: false, forgotten: true }, beta])).toBe('yes')
  })

  it('can have the source', () => {
    const kept = { ...check, sourceShared: false }
    expect(assign(kept, beta, [alpha, beta])).toBe('another')
    expect(assign(kept, beta, [{ ...alpha, alive: false }, beta])).toMatchObject({
      kind: 'server',
      why: expect.stringContaining('alpha') as string,
    })
    expect(assign(kept, alpha, [alpha, beta])).toBe('yes')
  })
})
