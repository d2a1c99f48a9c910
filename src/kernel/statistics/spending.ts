import { normalQuantile, normalTail } from './normal.ts'

/**
 * How much of alpha may be spent by which share of what is planned: Lan and DeMets (Biometrika 70, 1983). O'Brien and Fleming's kind
 * spends hardly anything early, and costs nearly nothing in the end; Pocock's spends evenly; a power of the share lies between.
 */
export type Spending =
  | { readonly kind: 'obrien-fleming' }
  | { readonly kind: 'pocock' }
  | { readonly kind: 'power'; readonly power: number }

/** Spent by the share t of the plan, of an alpha of one side. Everything from 1 on. */
export function spent(spending: Spending, alpha: number, t: number): number {
  if (t <= 0) return 0
  if (t >= 1) return alpha
  switch (spending.kind) {
    case 'obrien-fleming':
      return 2 * normalTail(normalQuantile(alpha / 2) / Math.sqrt(t))
    case 'pocock':
      return alpha * Math.log1p((Math.E - 1) * t)
    case 'power':
      return alpha * t ** spending.power
  }
}
