import { invalid } from '../../kernel/errors.ts'

/** What would be different. */
export type Change =
  | { readonly kind: 'stage'; readonly environment: string; readonly factor: number }
  | {
      readonly kind: 'gate'
      readonly environment: string
      readonly open: boolean
      readonly way: 'into' | 'onwards' | 'both'
      /** Closed for long by now. */ readonly kept?: boolean
    }
  | { readonly kind: 'batch'; readonly max: number }
  | { readonly kind: 'wip'; readonly max: number }
  | { readonly kind: 'runners'; readonly more: number }

const forms: readonly (readonly [RegExp, (parts: readonly string[]) => Change])[] = [
  [/^stage (\S+) x(\d+(?:\.\d+)?)$/, ([environment, factor]) => ({ kind: 'stage', environment: environment!, factor: Number(factor) })],
  [
    /^gate (?:(into|onwards from) )?(\S+) (open|closed)$/,
    ([way, environment, state]) => ({
      kind: 'gate',
      environment: environment!,
      open: state === 'open',
      way: way === undefined ? 'both' : way === 'into' ? 'into' : 'onwards',
    }),
  ],
  [/^batch max ([1-9]\d{0,3})$/, ([max]) => ({ kind: 'batch', max: Number(max) })],
  [/^wip ([1-9]\d{0,3})$/, ([max]) => ({ kind: 'wip', max: Number(max) })],
  [/^runners ([+-][1-9]\d{0,3})$/, ([more]) => ({ kind: 'runners', more: Number(more) })],
]

/**
 * Reads what would be different, as people write it.
 * @throws ThreewaysError `CHANGE_INVALID`
 */
export function readChange(text: string): Change {
  const words = text.trim().replaceAll(/\s+/g, ' ')
  for (const [form, make] of forms) {
    const found = form.exec(words)
    const change = found && make(found.slice(1))
    if (change && !(change.kind === 'stage' && change.factor > 100)) return change
  }
  throw invalid('CHANGE_INVALID', {
    message: `"${text.slice(0, 200)}" is no change that can be tried out`,
    help: 'write "stage staging x0.5", "gate production open", "gate onwards from staging closed", "batch max 1", "wip 3" or "runners +2"',
  })
}
