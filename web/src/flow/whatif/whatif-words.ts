import type { WhatIfView } from '../../api/types.ts'
import { span } from '../words.ts'

/** Less than that is no difference that anybody feels. */
const noneMs = 1000

/** How much less time, or more. */
export function savedTold({ value, low, high }: NonNullable<WhatIfView['base']>['p50']): string {
  if (value === null) return 'cannot say'
  const side = (ms: number) => (Math.abs(ms) < noneMs ? 'the same' : ms < 0 ? `${span(-ms)} less` : `${span(ms)} more`)
  const limits = low === null || high === null || side(low) === side(high) ? '' : ` (${side(low)} – ${side(high)})`
  return `${side(value)}${limits}`
}
