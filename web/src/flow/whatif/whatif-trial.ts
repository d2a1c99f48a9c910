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
