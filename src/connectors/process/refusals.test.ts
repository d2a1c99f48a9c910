import { describe, expect, it } from 'vitest'
import { definitionOf, web } from '../../flow/environment/fixture.ts'
import type { Definition, Positions } from '../../flow/environment/provider.port.ts'
import { processRefusals } from './refusals.ts'

const positions: Positions = { at: (pointer) => ({ file: 'threeways.yaml', line: pointer.length, column: 1 }) }
const sandboxing = { available: false, why: 'bwrap (bubblewrap) is not installed' } as const
const limiting = { by: 'none', missing: { memory: 'no groups here' }, knobs: [] } as const
const here = {
  sandboxing: () => sandboxing,
  limiting: () => limiting,
  usual: 'process',
  containers: { problem: 'no container engine was found' },
} as const
const refusals = (parts: Partial<Definition>, on: Parameters<typeof processRefusals>[2] = here) =>
  processRefusals(definitionOf(parts), positions, on).map(({ path, message }) => `${path}: ${message}`)

describe('what plain processes cannot honour', () => {
  it('is nothing in an ordinary definition', () => {
    expect(refusals({})).toEqual([])
  })

  it('is a limit that nothing here keeps, unless every environment can do without', () => {
    const services = { web: { ...web, limits: { memoryBytes: 2 ** 28, cpus: 1 } } }
    expect(refusals({ services })).toEqual([
      '/services/web/deploy/resources/limits/memory: the memory limit of "web" cannot be kept here: no groups here',
    ])
    const lenient = { provider: 'process', environment: {}, parity: [], seed: {}, limits: 'when-present' } as const
    expect(refusals({ services, environments: { test: lenient } })).toEqual([])
  })

  it('is a service without a command', () => {
    expect(refusals({ services: { web: { ...web, command: [] } } })).toEqual([
      '/services/web: service "web" has no command, so it cannot run as a process',
    ])
  })

  it('is a health check over HTTP without a port', () => {
    expect(refusals({ services: { web: { ...web, port: undefined } } })).toEqual([
      '/services/web/healthcheck: service "web" is asked for its health over HTTP but has no port',
    ])
  })

  it('is a value for a variable that we set, in the service or in an environment', () => {
    const environment = { DB_URL: 'postgres://own', THREEWAYS_CANDIDATE: 'x', PORT: '3000', OTHER_URL: 'fine' }
    const service = { ...web, environment, dependsOn: { db: 'healthy' as const } }
    const resources = { db: { type: 'postgres' as const, seed: undefined } }
    const settings = { provider: 'process' as const, environment: { web: { DB_HOST: 'elsewhere' } }, parity: ['DB_HOST'], seed: {} }
    expect(refusals({ services: { web: service }, resources, environments: { test: settings } })).toEqual([
      '/services/web/environment/DB_URL: "DB_URL" is the address of "db" and cannot be given a value',
      '/services/web/environment/THREEWAYS_CANDIDATE: "THREEWAYS_CANDIDATE" is set by threeways and cannot be given a value',
      '/x-threeways/environments/test/environment/web/DB_HOST: "DB_HOST" is the address of "db" and cannot be given a value',
    ])
  })

  it('is replicas of what another service calls', () => {
    const services = { api: { ...web, replicas: 2 }, web: { ...web, replicas: 3, dependsOn: { api: 'healthy' as const } } }
    const settings = { provider: 'process' as const, environment: {}, parity: [], seed: {}, replicas: { api: 3, web: 2 } }
    expect(refusals({ services, environments: { test: settings } })).toEqual([
      '/services/api/deploy/replicas: "web" calls "api" at the address of one process, so that replicas of it would get nothing from there',
      '/x-threeways/environments/test/replicas/api: "web" calls "api" at the address of one process, so that replicas of it would get nothing from there',
    ])
  })

  it('is isolation that is required, where it cannot be had', () => {
    const isolated = (mode: 'required' | 'when-present') => {
      const settings = { provider: 'process', environment: {}, parity: [], seed: {}, isolation: { mode, network: 'own' } } as const
      return refusals({ environments: { test: settings } })
    }
    expect(isolated('when-present')).toEqual([])
    expect(isolated('required')).toEqual([
      '/x-threeways/environments/test/isolation: environment "test" requires isolation, which cannot be had here: bwrap (bubblewrap) is not installed',
    ])
  })

  it('is containers where there are none, and a network of their own where there are some', () => {
    const settings = { provider: 'docker', environment: {}, parity: [], seed: {} } as const
    expect(refusals({ environments: { test: settings } })).toEqual([
      '/x-threeways/environments/test/provider: environment "test" runs in containers, which cannot be had here: no container engine was found',
    ])
    const isolated = { ...settings, provider: 'process', isolation: { mode: 'required', network: 'own' } } as const
    expect(refusals({ environments: { test: isolated } }, { ...here, usual: 'docker', containers: { problem: undefined } })).toEqual([
      '/x-threeways/environments/test/isolation: environment "test" requires a network of its own, and its containers use the machine\'s',
    ])
  })

  it('stands at its place in the file', () => {
    const [fault] = processRefusals(definitionOf({ services: { web: { ...web, command: [] } } }), positions, here)
    expect(fault).toMatchObject({ file: 'threeways.yaml', line: '/services/web'.length, column: 1 })
  })
})
