import type { WhatIfView } from '../../api/types.ts'
import { span } from '../words.ts'

/** How much less time, or more. */
export function savedTold({ value, low, high }: NonNullable<WhatIfView['base']>['p50']): string {
  if (value === null) return 'cannot say'
  const side = (ms: number) => (ms < 0 ? `${span(-ms)} less` : `${span(ms)} more`)
  const limits = low === null || high === null ? '' : ` (${side(low)} – ${side(high)})`
  return Math.abs(value) < 1000 ? `the same${limits}` : `${side(value)}${limits}`
}
