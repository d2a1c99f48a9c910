import type { Entry } from '../outline.ts'
import type { StageEntry } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import { cyclesOf, type Report, type Rule } from './rule.ts'

export const pathOf = (index: number, ...rest: (string | number)[]) => ['x-threeways', 'pipeline', 'stages', index, ...rest]

const nameOf = ({ written }: Entry<StageEntry>): string | undefined => (typeof written['name'] === 'string' ? written['name'] : undefined)

/** Stages have names of their own and follow each other without a circle. */
export const order: Rule = ({ stages }, report) => {
  const first = new Map<string, number>()
  for (const [index, stage] of stages.entries()) {
    const name = nameOf(stage)
    if (name === undefined) continue
    if (first.has(name))
      report(pathOf(index, 'name'), { message: `there are two stages "${name}"`, value: name, help: 'give each a name of its own' })
    else first.set(name, index)
  }
  const graph = new Map<string, readonly string[]>()
  for (const [index, stage] of stages.entries()) {
    const after = stage.value?.after ?? []
    for (const [at, name] of after.entries()) {
      if (first.has(name)) continue
      const others = [...first.keys()].filter((each) => each !== nameOf(stage))
      report(pathOf(index, 'after', at), {
        message: `there is no stage "${name}"`,
        value: name,
        help: suggestion(name, others, 'there is no other stage'),
      })
    }
    const name = nameOf(stage)
    if (name !== undefined && first.get(name) === index) graph.set(name, after)
  }
  for (const cycle of cyclesOf(graph)) {
    const index = first.get(cycle[0]!)!
    const at = graph.get(cycle[0]!)!.indexOf(cycle[1] ?? cycle[0]!)
    const message = `stages wait for each other: ${[...cycle, cycle[0]].map((name) => `"${name}"`).join(' after ')}`
    report(pathOf(index, 'after', at), { message, help: 'no candidate could enter any of them: remove one "after"' })
  }
}

/** A stage's environment exists, and everything that needs one has one. */
export const stageEnvironments: Rule = ({ stages, environments }, report) => {
  const holders = new Map<string, string>()
  for (const [index, stage] of stages.entries()) {
    const { written, value, doubtful } = stage
    const environment = written['environment']
    if (typeof environment !== 'string') {
      if (environment === undefined) reportHomeless(index, stage, report)
      continue
    }
    if (!Object.hasOwn(environments, environment)) {
      const known = suggestion(environment, Object.keys(environments), 'none is defined under x-threeways.environments')
      const help = environment === 'ephemeral' ? `write one of the environments and ephemeral: true; ${known}` : known
      report(pathOf(index, 'environment'), { message: `there is no environment "${environment}"`, value: environment, help })
    } else if (value?.ephemeral === false && !doubtful.has('ephemeral')) {
      const holder = holders.get(environment)
      if (holder !== undefined) {
        const message = `stage "${holder}" also deploys to "${environment}": each would replace the other's candidate`
        report(pathOf(index, 'environment'), {
          message,
          value: environment,
          help: 'give each stage its own environment, or make one ephemeral: true',
        })
      } else holders.set(environment, nameOf(stage) ?? String(index))
    }
  }
}

function reportHomeless(index: number, stage: Entry<StageEntry>, report: Report): void {
  for (const key of ['deploy', 'smoke', 'rollback', 'ephemeral']) {
    const written = stage.written[key]
    if (written === undefined || written === false || (Array.isArray(written) && written.length === 0)) continue
    report.key(pathOf(index, key), {
      message: `"${key}" needs an environment, and this stage names none`,
      help: 'add environment: to the stage',
    })
  }
}

/** Checks exist and run where they can. */
export const stageChecks: Rule = ({ stages, checks }, report) => {
  for (const [index, { written, value }] of stages.entries()) {
    for (const list of ['checks', 'smoke'] as const) {
      for (const [at, name] of (value?.[list] ?? []).entries()) {
        const check = Object.hasOwn(checks, name) ? checks[name] : undefined
        const path = pathOf(index, list, at)
        const place = check?.doubtful.has('in') ? undefined : check?.value?.in
        if (!check) {
          report(path, {
            message: `there is no check "${name}"`,
            value: name,
            help: suggestion(name, Object.keys(checks), 'none is defined under x-threeways.checks'),
          })
        } else if (value![list].indexOf(name) !== at) {
          report(path, { message: `the check "${name}" is there twice`, value: name, help: 'keep one of them' })
        } else if (place === 'environment' && list === 'checks' && written['environment'] === undefined) {
          report(path, {
            message: `the check "${name}" runs in an environment, and this stage names none`,
            value: name,
            help: 'add environment: to the stage',
          })
        } else if (place === 'build' && list === 'smoke') {
          report(path, {
            message: `the smoke check "${name}" does not look at the environment`,
            value: name,
            help: `add in: environment to the check "${name}"`,
          })
        }
      }
    }
  }
}
