import { describe, expect, it } from 'vitest'
import { sha256 } from '../../kernel/digest.ts'
import { definitionOf } from '../../flow/environment/fixture.ts'
import { allTo, rendered, type Desired, type Target } from '../../flow/environment/provider.port.ts'
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
    role: 'main',
    replica: 0,
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

const main = ({ candidate }: Desired) => ({ candidate, role: 'main' as const })

function stateOf(deployments: readonly Desired[], traffic: Desired | undefined, instances: InstanceState[]): EnvironmentState {
  const parts = { destroying: false, publicPorts: {}, resources: {}, instances }
  return { format: 2, environment, deployments, shares: allTo(traffic), sticky: false, ...parts }
}

const decideFor = (deployments: readonly Desired[], traffic: Desired | undefined, state?: EnvironmentState) =>
  decide({ environment, deployments, shares: allTo(traffic) }, state, unfitness)

describe('deciding what has to happen', () => {
  it('creates everything in an environment that is not there', () => {
    const { actions, required } = decideFor([old], old)
    expect(actions.map(({ kind }) => kind)).toEqual(['create', 'switch'])
    expect(required).toEqual([main(old)])
  })

  it('keeps everything when the target is reached', () => {
    const state = stateOf([old], old, [instanceOf(old)])
    expect(decideFor([old], old, state)).toMatchObject({ create: [], stop: [], keep: [{ candidate: old.candidate }] })
  })

  it('needs only the new deployment to become ready, even when the old one is ill', () => {
    const state = stateOf([old], old, [instanceOf(old, { phase: 'unhealthy', problem: 'ill' })])
    const decision = decideFor([old, next], old, state)
    expect(decision.required).toEqual([main(next)])
    expect(decision.keep).toHaveLength(1)
    expect(decision.actions).toContainEqual(expect.objectContaining({ kind: 'keep', reason: 'left as it is: ill' }))
  })

  it('needs only the deployment that traffic goes back to, even when the other one never was ready', () => {
    const broken = instanceOf(next, { phase: 'restarting', problem: 'crash loop' })
    const state = stateOf([old, next], next, [instanceOf(old), broken])
    expect(decideFor([old, next], old, state)).toMatchObject({ required: [main(old)], create: [], stop: [] })
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

  it('refuses a candidate twice, traffic for one that is not deployed, and shares that are not the whole', () => {
    const check = (deployments: readonly Desired[], shares: Target['shares']) => () => checkTarget({ environment, deployments, shares })
    expect(check([old, old], [])).toThrow('is deployed twice')
    expect(check([old], allTo(next))).toThrow('not among its deployments')
    expect(check([old, next], [{ ...main(old), percent: 90 }])).toThrow('the shares of "shop/test" are 90')
    expect(check([old, { ...old, role: 'baseline' }], allTo(old))).not.toThrow()
  })

  it('starts as many replicas as are wanted, and ends those beyond', () => {
    const three = { ...old, replicas: { web: 3 } }
    expect(decideFor([three], old).create.map(({ replica }) => replica)).toEqual([0, 1, 2])
    const all = [0, 1, 2].map((replica) => instanceOf(old, { id: String(replica), replica }))
    const fewer = decideFor([{ ...old, replicas: { web: 2 } }], old, stateOf([three], old, all))
    expect([fewer.stop, fewer.create, fewer.keep.length]).toEqual([[all[2]], [], 2])
    expect(fewer.actions).toContainEqual(expect.objectContaining({ kind: 'stop', reason: 'fewer replicas are wanted' }))
  })

  it('starts the candidate that serves once more as a baseline', () => {
    const state = stateOf([old], old, [instanceOf(old)])
    const decision = decideFor([old, { ...old, role: 'baseline' }, next], old, state)
    expect(decision.create.map(({ desired }) => [desired.candidate, desired.role ?? 'main'])).toEqual([
      [old.candidate, 'baseline'],
      [next.candidate, 'main'],
    ])
    expect(decision.keep).toHaveLength(1)
  })

  it('does not wait for a canary that is broken to take its share away', () => {
    const broken = instanceOf(next, { phase: 'restarting', proven: false, problem: 'crash loop' })
    const state = {
      ...stateOf([old, next], old, [instanceOf(old), broken]),
      shares: [
        { ...main(old), percent: 95 },
        { ...main(next), percent: 5 },
      ],
    }
    expect(decideFor([old, next], old, state)).toMatchObject({ required: [main(old)], create: [], stop: [] })
  })
})
