/** What can be tried, as the command line writes it. */
export type Trial =
  | { readonly kind: 'stage'; readonly environment: string; readonly factor: number }
  | { readonly kind: 'gate'; readonly environment: string; readonly open: boolean }
  | { readonly kind: 'batch' | 'wip'; readonly max: number }
  | { readonly kind: 'runners'; readonly more: number }

export const textOf = (trial: Trial): string => {
  switch (trial.kind) {
    case 'stage':
      return `stage ${trial.environment} x${trial.factor}`
    case 'gate':
      return `gate ${trial.environment} ${trial.open ? 'open' : 'closed'}`
    case 'batch':
      return `batch max ${trial.max}`
    case 'runners':
      return `runners +${trial.more}`
    case 'wip':
      return `wip ${trial.max}`
  }
}

/** What would help at the constraint: its gate open where that is closed, or else half the time there. */
export const trialAt = ({ to, cause }: { readonly to: string; readonly cause: 'gate' | 'stage' }): Trial =>
  cause === 'gate' ? { kind: 'gate', environment: to, open: true } : { kind: 'stage', environment: to, factor: 0.5 }

/**
 * What is tried first.
 * @param asked - as {@link trialAt} has it, where an address asks for it @param places - what lies on the way behind the first environment
 */
export function firstTrial(asked: string | null, places: readonly string[]): Trial {
  const own = places.flatMap((to) => (['gate', 'stage'] as const).map((cause) => trialAt({ to, cause })))
  return own.find((one) => textOf(one) === asked) ?? { kind: 'stage', environment: places.at(-1)!, factor: 0.5 }
}
