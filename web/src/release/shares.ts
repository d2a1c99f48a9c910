import type { FlagView, SettingView } from '../api/types.ts'

type Serve = SettingView['serve']
/** What decides who gets what where no rule fits. */
export type Stand = { readonly state: SettingView['state']; readonly killed: boolean; readonly serve: Serve }
/** `share`: 0 to 1. */
export type Share = { readonly variant: string; readonly share: number }

/** `5%` as a number from 0 to 1. */
export const numberOf = (share: string) => Number.parseFloat(share) / 100

/** Who is given what there, everybody together 1: other variants first, control last. Whom a rule fits is not among them. Pure. */
export function sharesOf({ state, killed, serve }: Stand, control: string): readonly Share[] {
  if (killed || state === 'off' || state === 'dark') return [{ variant: control, share: 1 }]
  if (typeof serve === 'string') return [{ variant: serve, share: 1 }]
  const others = Object.entries(serve)
    .filter(([variant]) => variant !== control)
    .map(([variant, share]) => ({ variant, share: numberOf(share) }))
    .filter(({ share }) => share > 0)
  const rest = 1 - others.reduce((sum, { share }) => sum + share, 0)
  // Shares are hundredths of a percent: less than half of one is how numbers are written.
  return rest < 0.000_05 ? others : [...others, { variant: control, share: rest }]
}

/** `5 %`, `0.25 %`. */
export const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`

/** The variants of a flag that are not control, always in the same order: each has a colour of its own. */
export function variantsOf({ control, environments }: Pick<FlagView, 'control' | 'environments'>): readonly string[] {
  const named = environments.flatMap(({ serve, rules, plan }) => [
    ...[serve, ...rules.map((rule) => rule.serve)].flatMap((one) => (typeof one === 'string' ? [one] : Object.keys(one))),
    ...(plan === null ? [] : [plan.variant]),
  ])
  return [...new Set(named)].filter((variant) => variant !== control).toSorted()
}

/** Which of the colours; control has none. */
export const toneOf = (variant: string, control: string, variants: readonly string[]) =>
  variant === control ? 'control' : String(Math.max(0, variants.indexOf(variant)) % 4)
