import { fileVariable } from '../secret-use.ts'
import type { SecretUse } from '../definition.ts'
import { suggestion } from '../suggest.ts'
import type { Report, Rule } from './rule.ts'
import type { Outline } from '../outline.ts'

type Path = readonly (string | number)[]

/** What is used is declared, and no two of a program's secrets, or its variables, take the same place. */
export const secrets: Rule = (outline, report) => {
  for (const { path, uses, variables } of users(outline)) {
    for (const [index, { source }] of uses.entries()) {
      if (outline.secrets.includes(source)) continue
      const help =
        outline.secrets.length === 0
          ? `declare it at the top of the file: secrets: {${source}: {external: true}}`
          : suggestion(source, outline.secrets, 'none is declared under secrets')
      report([...path, index], { message: `there is no secret "${source}"`, value: source, help })
    }
    reportTaken(path, uses, variables, report)
  }
}

function reportTaken(path: Path, uses: readonly SecretUse[], variables: readonly string[], report: Report): void {
  const taken = new Set(variables)
  for (const [index, use] of uses.entries()) {
    const place = use.variable ?? fileVariable(use)
    if (taken.has(place)) {
      const message = `the variable "${place}" has a value already`
      report([...path, index], {
        message,
        value: use.source,
        help: `remove one of them${use.variable ? '' : ', or give this one another "target"'}`,
      })
    } else if (place.startsWith('THREEWAYS_') || place === 'PORT') {
      report([...path, index], { message: `"${place}" is set by threeways`, value: use.source, help: 'choose another variable' })
    }
    taken.add(place)
  }
}

function users({ services, checks, artifactSecrets }: Outline) {
  const ofServices = Object.entries(services).map(([name, { value }]) => ({
    path: ['services', name, 'secrets'] as Path,
    uses: value?.secrets ?? [],
    variables: Object.keys(value?.environment ?? {}),
  }))
  const ofChecks = Object.entries(checks).map(([name, { value }]) => ({
    path: ['x-threeways', 'checks', name, 'secrets'] as Path,
    uses: value?.secrets ?? [],
    variables: [],
  }))
  return [...ofServices, ...ofChecks, { path: ['x-threeways', 'artifact', 'secrets'] as Path, uses: artifactSecrets, variables: [] }]
}
