import { slotCount, type Flag, type Serve } from '../flags/flag.ts'

/** Whom a flag gives something. In this order. */
export const reaches = ['nobody', 'some', 'everybody'] as const
export type Reach = (typeof reaches)[number]

/** The flags that stand beside it. */
export type Others = (name: string) => Flag | undefined

/**
 * Whom a flag gives something else than control in an environment, as the evaluators have it: neither where it is off or dark, nor where
 * the kill switch was thrown, nor who lacks what it requires. A rule counts with whoever it fits, for nobody says how many those are.
 */
export const reachOf = (flag: Flag, environment: string, others: Others): Reach =>
  reachOfVariants(flag, environment, others, (variant) => variant !== flag.control)

type Meant = (variant: string) => boolean

function reachOfVariants(flag: Flag, environment: string, others: Others, isMeant: Meant): Reach {
  // Whoever gets nothing else gets control.
  if (isMeant(flag.control)) return othersThan(reachOfVariants(flag, environment, others, (variant) => !isMeant(variant)))
  const setting = flag.environments[environment]
  if (setting === undefined || setting.killed) return 'nobody'
  const { state, serve, rules } = setting
  if (state === 'retired') return typeof serve === 'string' && isMeant(serve) ? 'everybody' : 'nobody'
  if (state !== 'ramp' && state !== 'on') return 'nobody'
  const given = [serve, ...rules.map((rule) => rule.serve)].map((one) => reachOfServe(one, isMeant))
  const own = given.every((one) => one === given[0]) ? given[0]! : 'some'
  const needs = flag.requires.map(({ flag: name, variant }): Reach => {
    const needed = others(name)
    if (needed === undefined || !Object.hasOwn(needed.environments, environment)) return 'nobody'
    return reachOfVariants(needed, environment, others, (one) => one === variant)
  })
  return [own, ...needs].reduce((least, one) => (reaches.indexOf(one) < reaches.indexOf(least) ? one : least))
}

const othersThan = (reach: Reach): Reach => reaches[reaches.length - 1 - reaches.indexOf(reach)]!

function reachOfServe(serve: Serve, isMeant: Meant): Reach {
  if (typeof serve === 'string') return isMeant(serve) ? 'everybody' : 'nobody'
  const slots = Object.entries(serve).reduce((sum, [variant, share]) => sum + (isMeant(variant) ? share : 0), 0)
  return slots === 0 ? 'nobody' : slots < slotCount ? 'some' : 'everybody'
}
