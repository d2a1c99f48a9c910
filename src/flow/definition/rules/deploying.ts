import type { Outline } from '../outline.ts'
import type { Report, Rule } from './rule.ts'
import { pathOf } from './stages.ts'

/** Traffic can only be moved to something whose health is known. No strategy is quietly made another. */
export const movedTraffic: Rule = (outline, report) => {
  const { withoutHealth, withPort } = servers(outline)
  for (const [index, { value }] of outline.stages.entries()) {
    const strategy = value?.deploy?.strategy ?? 'replace'
    if (strategy === 'replace') continue
    const path = pathOf(index, 'deploy', 'strategy')
    if (withPort === 0) {
      report(path, {
        message: `${strategy} moves traffic, and no service has a port`,
        value: strategy,
        help: 'add ports: to the service that is called, or use strategy: replace',
      })
    }
    for (const name of withoutHealth) {
      report(path, {
        message: `${strategy} moves traffic when the new is healthy, and service "${name}" has no health check`,
        value: strategy,
        help: `add a healthcheck to "${name}", or use strategy: replace`,
      })
    }
  }
}

function servers({ services }: Outline): { readonly withoutHealth: readonly string[]; readonly withPort: number } {
  const names = Object.keys(services).filter((name) => {
    const { written } = services[name]!
    return written['ports'] !== undefined && written['provider'] === undefined
  })
  return { withPort: names.length, withoutHealth: names.filter((name) => services[name]!.written['healthcheck'] === undefined) }
}

/** A canary goes up in steps that leave as much for what it is compared with, and is compared in what it is judged by. */
export const canaries: Rule = ({ stages }, report) => {
  for (const [index, { written, value, doubtful }] of stages.entries()) {
    const deploy = value?.deploy
    if (!deploy || doubtful.has('deploy')) continue
    if (deploy.strategy !== 'canary') {
      for (const key of ['steps', 'every', 'judge'].filter((key) => Object.hasOwn(written['deploy'] as object, key))) {
        const help = 'remove it, or use strategy: canary'
        report.key(pathOf(index, 'deploy', key), { message: `"${key}" says nothing about strategy ${deploy.strategy}`, value: key, help })
      }
      continue
    }
    if (value.ephemeral && !doubtful.has('ephemeral')) {
      report(pathOf(index, 'deploy', 'strategy'), {
        message: 'a canary is compared with what runs, and in an ephemeral environment nothing does',
        value: 'canary',
        help: 'use strategy: replace',
      })
    }
    reportSteps(index, deploy.steps ?? [], report)
    for (const [at, name] of (deploy.judge?.critical ?? []).entries()) {
      const { metrics } = deploy.judge!
      if (metrics.includes(name) || written['deploy'] === null || !isWritten(written['deploy'], 'critical')) continue
      const help = `add ${name} to "metrics"`
      report(pathOf(index, 'deploy', 'judge', 'critical', at), { message: `"${name}" is critical, but not compared`, value: name, help })
    }
  }
}

const isWritten = (deploy: unknown, key: string) => Object.hasOwn((deploy as { judge?: object }).judge ?? {}, key)

function reportSteps(index: number, steps: readonly number[], report: Report): void {
  for (const [at, step] of steps.entries()) {
    const path = pathOf(index, 'deploy', 'steps', at)
    const isLast = at === steps.length - 1
    if (at > 0 && step <= steps[at - 1]!) {
      report(path, {
        message: `${step} comes after ${steps[at - 1]}, and steps grow`,
        value: String(step),
        help: 'for example [5, 25, 100]',
      })
    } else if (isLast && step !== 100) {
      report(path, { message: `the last step is ${step}, not 100`, value: String(step), help: 'add 100: then it serves everybody' })
    } else if (!isLast && step > 50) {
      report(path, {
        message: `${step} % leaves no equal share for the baseline`,
        value: String(step),
        help: 'go from at most 50 to 100',
      })
    } else if (isLast && at === 0) {
      report(path, {
        message: 'a canary that begins with 100 % is none',
        value: '100',
        help: 'for example [5, 25, 100], or use blue-green',
      })
    }
  }
}
