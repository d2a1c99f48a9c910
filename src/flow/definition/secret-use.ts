import type { Definition, SecretUse, Stage } from './definition.ts'

/** The variable that says where the file is: `stripe-key` makes `STRIPE_KEY_FILE`, as images of databases have it. */
export function fileVariable({ source, target }: Pick<SecretUse, 'source' | 'target'>): string {
  return `${(target ?? source).toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_FILE`
}

/** A use of a secret, and where the file asks for it (JSON pointer). */
export type Need = { readonly secret: string; readonly pointer: string }

const needsOf = (uses: readonly SecretUse[] | undefined, at: string): readonly Need[] =>
  (uses ?? []).map(({ source }, index) => ({ secret: source, pointer: `${at}/secrets/${index}` }))

/** What a stage needs: the services that run there, and its checks. Pure. */
export function needsOfStage(definition: Definition, stage: Stage): readonly Need[] {
  const services = stage.environment === undefined ? [] : needsOfServices(definition)
  const checks = [...new Set([...stage.checks, ...stage.smoke])]
  return [...services, ...checks.flatMap((check) => needsOf(definition.checks[check]?.secrets, `/x-threeways/checks/${check}`))]
}

export function needsOfServices({ services }: Definition): readonly Need[] {
  return Object.entries(services).flatMap(([name, service]) => needsOf(service.secrets, `/services/${name}`))
}

export function needsOfBuild({ artifact }: Definition): readonly Need[] {
  return needsOf(artifact.secrets, '/x-threeways/artifact')
}
