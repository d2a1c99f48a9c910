import { describe, expect, it } from 'vitest'
import { sha256 } from '../../kernel/digest.ts'
import { definitionOf } from '../../flow/environment/fixture.ts'
import { rendered, type Desired } from '../../flow/environment/provider.port.ts'
import { unfitness } from './converge.ts'
import { checkTarget, decide } from './plan.ts'
import type { EnvironmentState, InstanceState } from './state.ts'

const environment = 'shop/test'

function desiredOf(version: string): Desired {
  return {
    candidate: sha256(version),
    rendered: rendered(definitionOf(), 'test'),
    artifact: `/artifacts/${version}`,
    artifactDigest: sha256(`artifact ${version}`),
  }
}

const [old, next] = [desiredOf('old'), desiredOf('next')]

function instanceOf({ candidate, artifact, rendered }: Desired, parts: Partial<InstanceState> = {}): InstanceState {
  const process = { identity: { pid: 1, startedAt: '1' }, logFile: 'log', exitFile: 'exit' }
  const counts = { launches: 1, restarts: 0, since: '2026-01-01T00:00:00.000Z' }
  const state = {
    id: candidate,
    service: 'web',
    candidate,
    artifact,
    settings: rendered.digest,
    port: 20_000,
    phase: 'ready',
    proven: true,
    process,
    variables: null,
    problem: null,
  } as const
  return { ...state, ...counts, ...parts }
}

function stateOf(deployments: readonly Desired[], traffic: Desired | undefined, instances: InstanceState[]): EnvironmentState {
  const parts = { destroying: false, publicPorts: {}, resources: {}, instances }
  return { format: 1, environment, deployments, traffic: traffic?.candidate ?? null, ...parts }
}

const decideFor = (deployments: readonly Desired[], traffic: Desired | undefined, state?: EnvironmentState) =>
  decide({ environment, deployments, traffic: traffic?.candidate }, state, unfitness)

describe('deciding what has to happen', () => {
  it('creates everything in an environment that is not there', () => {
    const { actions, required } = decideFor([old], old)
    expect(actions.map(({ kind }) => kind)).toEqual(['create', 'switch'])
    expect(required).toEqual([old.candidate])
  })

  it('keeps everything when the target is reached', () => {
    const state = stateOf([old], old, [instanceOf(old)])
    expect(decideFor([old], old, state)).toMatchObject({ create: [], stop: [], keep: [{ candidate: old.candidate }] })
  })

  it('needs only the new deployment to become ready, even when the old one is ill', () => {
    const state = stateOf([old], old, [instanceOf(old, { phase: 'unhealthy', problem: 'ill' })])
    const decision = decideFor([old, next], old, state)
    expect(decision.required).toEqual([next.candidate])
    expect(decision.keep).toHaveLength(1)
    expect(decision.actions).toContainEqual(expect.objectContaining({ kind: 'keep', reason: 'left as it is: ill' }))
  })

  it('needs only the deployment that traffic goes back to, even when the other one never was ready', () => {
    const broken = instanceOf(next, { phase: 'restarting', problem: 'crash loop' })
    const state = stateOf([old, next], next, [instanceOf(old), broken])
    expect(decideFor([old, next], old, state)).toMatchObject({ required: [old.candidate], create: [], stop: [] })
  })

  it('replaces what is ill when the same target is applied again', () => {
    const ill = instanceOf(old, { phase: 'unhealthy', problem: 'GET /healthz answered 503' })
    const decision = decideFor([old], old, stateOf([old], old, [ill]))
    expect(decision.stop).toEqual([ill])
    expect(decision.create).toHaveLength(1)
  })

  it('replaces what runs from another folder or with other settings', () => {
    const moved = { ...old, artifact: '/elsewhere' }
    expect(decideFor([moved], moved, stateOf([old], old, [instanceOf(old)])).create).toHaveLength(1)
    const definition = definitionOf()
    const other = { ...definition.services['web']!, environment: { COLOUR: 'red' } }
    const changed = { ...old, rendered: rendered({ ...definition, services: { web: other } }, 'test') }
    expect(decideFor([changed], changed, stateOf([old], old, [instanceOf(old)])).create).toHaveLength(1)
  })

  it('goes on ending what was being ended', () => {
    const leaving = instanceOf(old, { phase: 'stopping' })
    const decision = decideFor([old], old, stateOf([old], old, [leaving]))
    expect([decision.stop, decision.create.length]).toEqual([[leaving], 1])
  })

  it('refuses a candidate twice, and traffic for one that is not deployed', () => {
    expect(() => checkTarget({ environment, deployments: [old, old], traffic: undefined })).toThrow('is deployed twice')
    expect(() => checkTarget({ environment, deployments: [old], traffic: next.candidate })).toThrow('not among its deployments')
  })
})
