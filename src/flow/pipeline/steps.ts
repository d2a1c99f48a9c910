import type { Definition, Stage } from '../definition/definition.ts'
import type { Copy, PlannedStep, Work } from './work.ts'

const buildTimeoutMs = 30 * 60_000

/** All steps of a delivery, in the order people read them. Pure: the same definition always gives the same steps. */
export function stepsOf(definition: Definition): readonly PlannedStep[] {
  const twice = definition.artifact.reproducible === 'required'
  const first = buildSteps(definition, 'first', [])
  // One after the other: two builds at once share caches, and a race there would look like a difference.
  const second = twice ? buildSteps(definition, 'second', [first.at(-1)!.name]) : []
  const candidate = step({ kind: 'candidate' }, 'candidate', null, 'make the candidate', [(second.at(-1) ?? first.at(-1)!).name])
  return [...first, ...second, candidate, ...definition.stages.flatMap((stage) => stageSteps(definition, stage))]
}

/** The steps of a rollback: the candidate exists and was verified, so one stage is walked and only its health is asked. */
export function rollbackSteps(definition: Definition, stageName: string): readonly PlannedStep[] {
  const stage = definition.stages.find(({ name }) => name === stageName)!
  // A database never goes back: what an expand migration added stays, and the earlier candidate works beside it.
  const unchanged = { ...definition, resources: {}, stages: [{ ...stage, after: [] }] }
  return stageSteps(unchanged, { ...stage, after: [], checks: [], smoke: [] }).map((planned) => ({
    ...planned,
    needs: planned.needs.filter((need) => need !== 'candidate'),
  }))
}

function buildSteps({ artifact }: Definition, copy: Copy, after: readonly string[]): readonly PlannedStep[] {
  const suffix = copy === 'first' ? '' : ' again'
  const steps = [step({ kind: 'checkout', copy }, `checkout${suffix}`, null, `check the commit out${suffix}`, after)]
  for (const [index, command] of artifact.build.entries()) {
    const name = `build ${index + 1}${suffix}`
    const planned = step({ kind: 'build', copy, command }, name, null, `${command.join(' ')}${suffix}`, [steps.at(-1)!.name])
    steps.push({ ...planned, timeoutMs: buildTimeoutMs })
  }
  return steps
}

function stageSteps(definition: Definition, stage: Stage): readonly PlannedStep[] {
  const at = (part: string) => `${stage.name}/${part}`
  const promote = step(
    { kind: 'promote', stage: stage.name },
    at('promote'),
    stage.name,
    `enter ${stage.name}`,
    stage.after.length === 0 ? ['candidate'] : stage.after.map((earlier) => `${earlier}/conclude`),
  )
  const migrates = stage.environment !== undefined && Object.values(definition.resources).some(({ migrations }) => migrations !== undefined)
  const migrate = migrates
    ? [
        step({ kind: 'migrate', stage: stage.name }, at('migrate'), stage.name, `expand the databases of ${stage.environment}`, [
          promote.name,
        ]),
      ]
    : []
  // What lives for one run alone has nobody to go back to.
  const prove = migrates && !stage.ephemeral ? [proveStep(definition, stage, migrate[0]!.name)] : []
  const deploy =
    stage.environment === undefined
      ? []
      : [
          step({ kind: 'deploy', stage: stage.name }, at('deploy'), stage.name, `run in ${stage.environment}`, [
            promote.name,
            ...[...migrate, ...prove].map(({ name }) => name),
          ]),
        ]
  const ready = [...(deploy.length === 0 ? [promote] : deploy)].map(({ name }) => name)
  const checks = stage.checks.map((check) => checkStep(definition, stage, check, 'check', ready))
  const smoke = stage.smoke.map((check) => checkStep(definition, stage, check, 'smoke', [...ready, ...checks.map(({ name }) => name)]))
  const conclude: PlannedStep = {
    ...step(
      { kind: 'conclude', stage: stage.name },
      at('conclude'),
      stage.name,
      `verdict of ${stage.name}`,
      [promote, ...migrate, ...prove, ...deploy, ...checks, ...smoke].map(({ name }) => name),
    ),
    rule: 'always',
    undoes: promote.name,
    retries: 2,
  }
  // What lives for one run alone was contracted before anything ran in it.
  const contract =
    migrates && !stage.ephemeral
      ? [
          step({ kind: 'contract', stage: stage.name }, at('contract'), stage.name, `contract the databases of ${stage.environment}`, [
            conclude.name,
          ]),
        ]
      : []
  return [promote, ...migrate, ...prove, ...deploy, ...checks, ...smoke, conclude, ...contract]
}

/** Its checks are those of another candidate; whether they may be repeated is taken from ours of the same stage. */
function proveStep({ checks }: Definition, { name, environment, ...stage }: Stage, after: string): PlannedStep {
  const own = [...stage.checks, ...stage.smoke].map((check) => checks[check]!).filter((check) => check.in === 'environment')
  const title = `try what runs in ${environment} with the expanded databases`
  const planned = step({ kind: 'prove', stage: name }, `${name}/prove`, name, title, [after])
  return { ...planned, idempotent: own.every(({ idempotent }) => idempotent) }
}

function checkStep(definition: Definition, stage: Stage, check: string, part: 'check' | 'smoke', needs: readonly string[]): PlannedStep {
  const { idempotent, timeoutMs, retries } = definition.checks[check]!
  return {
    ...step({ kind: 'check', stage: stage.name, check }, `${stage.name}/${part}/${check}`, stage.name, check, needs),
    idempotent,
    timeoutMs,
    retries,
  }
}

/** Everything but a team's own commands converges when it is done again. */
function step(work: Work, name: string, stage: string | null, title: string, needs: readonly string[]): PlannedStep {
  return { name, work, stage, title, needs, rule: 'success', undoes: null, idempotent: true, timeoutMs: null, retries: 0 }
}
