import { refused } from '../../kernel/errors.ts'
import { suggestion } from '../definition/suggest.ts'
import { slotCount, tableName, type Flag, type Holds, type Setting, type Value } from './flag.ts'
import { reallocate, takenSlots, type SlotTables } from './slots.ts'
import { shareOf } from './written.ts'

/** What a holdout gives: `held` for whoever is kept out of experiments. */
export const holdoutVariants: Readonly<Record<string, Value>> = { open: false, held: true }

/** The variants of a layer: the flags that own slots of it somewhere, each its own name, and `control` for who is in none of them. */
export function layerVariants(control: string, environments: Flag['environments']): Readonly<Record<string, Value>> {
  const owners = Object.values(environments).flatMap(({ serve }) => (typeof serve === 'string' ? [] : Object.keys(serve)))
  return Object.fromEntries([control, ...owners].map((name) => [name, name]))
}

/** Whether experiments are kept apart by it, and nobody sees anything of it. */
export const keepsApart = ({ purpose }: Pick<Flag, 'purpose'>): boolean => purpose === 'layer' || purpose === 'holdout'

type All = ReadonlyMap<string, { readonly flag: Flag }>

/** Whether a holdout keeps its units out of a flag. Pure. */
export function covers({ purpose, holds }: Flag, flag: Flag): boolean {
  if (purpose !== 'holdout' || holds === undefined || keepsApart(flag)) return false
  return holds === 'experiments' ? flag.purpose === 'experiment' : isHeld(holds, flag)
}

const isHeld = (holds: Exclude<Holds, 'experiments'>, flag: Flag): boolean =>
  'layer' in holds ? flag.layer === holds.layer : flag.purpose === 'experiment' && flag.owner === holds.owner

/** The holdouts that keep units out of a flag, by name. Pure. */
export function holdoutsOf(flag: Flag, all: All): readonly Flag[] {
  // Asked of every flag of a set: a copy of all of them for each would be most of the work.
  const found: Flag[] = []
  for (const { flag: one } of all.values()) if (covers(one, flag)) found.push(one)
  return found.length < 2 ? found : found.toSorted((a, b) => (a.flag < b.flag ? -1 : 1))
}

const settingOf = (flag: Flag | undefined, environment: string): Setting | undefined =>
  flag !== undefined && Object.hasOwn(flag.environments, environment) ? flag.environments[environment] : undefined

const sharesIn = (flag: Flag | undefined, environment: string): Readonly<Record<string, number>> => {
  const serve = settingOf(flag, environment)?.serve
  return serve === undefined || typeof serve === 'string' ? {} : serve
}

/** Units are given variants by chance there, and stay with them. */
function dices(flag: Flag | undefined, environment: string): boolean {
  const setting = settingOf(flag, environment)
  if (setting === undefined || setting.killed) return false
  return setting.state === 'ramp' || (setting.state === 'on' && setting.rules.some(({ serve }) => typeof serve !== 'string'))
}

/**
 * Refuses flags that could not be kept apart as they say: a layer that is none, slots that nobody gave, another unit than the layer's.
 * Pure.
 * @param changed - names of flags of which a revision is made
 * @param all - as they will stand
 * @throws ThreewaysError `FLAG_LAYER_INVALID`, `FLAG_HOLDOUT_INVALID`
 */
export function checkExclusion(changed: ReadonlySet<string>, all: ReadonlyMap<string, Flag>): void {
  const flags = [...all.values()]
  for (const flag of flags)
    if (flag.layer !== undefined && [flag.flag, flag.layer].some((name) => changed.has(name))) checkMember(flag, all)
  for (const flag of flags) if (flag.purpose === 'layer' && changed.has(flag.flag)) checkLayer(flag, all)
  for (const holdout of flags) if (holdout.purpose === 'holdout') checkHoldout(holdout, changed, all)
}

const layerInvalid = (message: string, help: string) => refused('FLAG_LAYER_INVALID', { message, help })

function checkMember(flag: Flag, all: ReadonlyMap<string, Flag>): void {
  const { flag: name, layer } = flag
  const found = all.get(layer!)
  if (found?.purpose !== 'layer') {
    const layers = [...all.values()].filter(({ purpose }) => purpose === 'layer').map((one) => one.flag)
    throw layerInvalid(
      `"${name}" is to be in the layer "${layer}", which is ${found === undefined ? 'no flag' : `a flag for ${found.purpose}`}`,
      suggestion(layer!, layers, 'write one first: a flag with `purpose: layer`'),
    )
  }
  checkUnit(flag, found, 'layer')
  for (const [environment, setting] of Object.entries(flag.environments)) {
    if (setting.state !== 'ramp' && setting.state !== 'on') continue
    const shares = sharesIn(found, environment)
    if ((shares[name] ?? 0) > 0) continue
    const free = slotCount - Object.values(shares).reduce((sum, slots) => sum + slots, 0)
    throw layerInvalid(
      `"${name}" owns no slots of the layer "${layer}" in "${environment}": everybody would be outside its share`,
      free > 0
        ? `${shareOf(free)} are free: threeways flag ramp ${layer} ${name}=SHARE --environment ${environment} --reason WHY`
        : `${ownersOf(shares)} own all of it: wait until one of them has ended, or ask in another layer`,
    )
  }
}

/** A unit has to be the same thing, and diced apart: the same salt would line up who is in the share with who gets which variant. */
function checkUnit(flag: Flag, by: Flag, what: 'layer' | 'holdout'): void {
  const fail = what === 'layer' ? layerInvalid : holdoutInvalid
  if (flag.bucketBy !== by.bucketBy)
    throw fail(
      `the ${what} "${by.flag}" dices by ${by.bucketBy}, and "${flag.flag}" by ${flag.bucketBy}: who is in it could not be said of a unit`,
      `give both the same bucketBy, or ask in another ${what}`,
    )
  if (flag.salt === by.salt)
    throw fail(
      `"${flag.flag}" has the salt of the ${what} "${by.flag}": the same units would always be in the same arm`,
      'give it another salt',
    )
}

function checkLayer(layer: Flag, all: ReadonlyMap<string, Flag>): void {
  for (const environment of Object.keys(layer.environments)) {
    for (const name of Object.keys(sharesIn(layer, environment))) {
      const owner = all.get(name)
      if (owner === undefined)
        throw layerInvalid(
          `the layer "${layer.flag}" gives slots to "${name}", which is no flag`,
          suggestion(name, [...all.keys()], 'publish both together'),
        )
      if (owner.layer !== undefined && owner.layer !== layer.flag)
        throw layerInvalid(
          `"${name}" is in the layer "${owner.layer}", and cannot be in "${layer.flag}" as well`,
          `take it out of one of them; flags of both layers that must not meet belong into one layer`,
        )
      if (owner.layer === undefined && dices(owner, environment))
        throw layerInvalid(
          `the layer "${layer.flag}" gives slots to "${name}", which dices in "${environment}" and does not name the layer: it would keep to no share`,
          `add \`layer: ${layer.flag}\` to its file, and publish both together`,
        )
    }
  }
}

const holdoutInvalid = (message: string, help: string) => refused('FLAG_HOLDOUT_INVALID', { message, help })

function checkHoldout(holdout: Flag, changed: ReadonlySet<string>, all: ReadonlyMap<string, Flag>): void {
  const { holds } = holdout
  const isChanged = changed.has(holdout.flag)
  if (
    typeof holds === 'object' &&
    'layer' in holds &&
    (isChanged || changed.has(holds.layer)) &&
    all.get(holds.layer)?.purpose !== 'layer'
  ) {
    const layers = [...all.values()].filter(({ purpose }) => purpose === 'layer').map(({ flag }) => flag)
    throw holdoutInvalid(
      `"${holdout.flag}" holds the layer "${holds.layer}", which is no layer`,
      suggestion(holds.layer, layers, 'write one first'),
    )
  }
  for (const flag of all.values()) if ((isChanged || changed.has(flag.flag)) && covers(holdout, flag)) checkUnit(flag, holdout, 'holdout')
}

/**
 * Refuses what would move units of a flag that dices: slots of its layer that are taken from it, another layer, a holdout that comes over
 * it. Pure.
 * @param before, after - all flags by name
 * @param slots - of layers, as they stood
 * @throws ThreewaysError `FLAG_LAYER_TAKEN`, `FLAG_REBUCKETED`, `FLAG_HELD`
 */
export function checkKept(
  changed: ReadonlySet<string>,
  before: ReadonlyMap<string, Flag>,
  after: ReadonlyMap<string, Flag>,
  slots: (layer: string) => SlotTables,
): void {
  const stays = (name: string, environment: string) => dices(before.get(name), environment) && dices(after.get(name), environment)
  for (const name of changed) {
    const [was, is] = [before.get(name), after.get(name)!]
    if (was === undefined) continue
    for (const environment of Object.keys(is.environments)) {
      if (was.layer !== is.layer && stays(name, environment))
        throw refused('FLAG_REBUCKETED', {
          message: `"${name}" dices in "${environment}", and would ${is.layer === undefined ? `leave the layer "${was.layer}"` : `come into the layer "${is.layer}"`}: units would be moved from what they see`,
          help: 'turn it off first, or say that it is meant: threeways flag set FILE --rebucket',
        })
      if (is.purpose === 'layer') checkTaken(is, environment, slots(name), stays)
    }
  }
  for (const holdout of after.values()) {
    if (holdout.purpose !== 'holdout') continue
    for (const flag of after.values()) {
      if (!(changed.has(holdout.flag) || changed.has(flag.flag)) || !covers(holdout, flag)) continue
      for (const environment of Object.keys(flag.environments)) checkHeld(holdout, flag, environment, before, stays)
    }
  }
}

type Stays = (name: string, environment: string) => boolean

function checkTaken(layer: Flag, environment: string, slots: SlotTables, stays: Stays): void {
  const owned = slots[tableName(environment)]
  if (owned === undefined) return
  const taken = takenSlots(owned, reallocate(owned, sharesIn(layer, environment)))
  for (const [owner, count] of Object.entries(taken)) {
    if (!stays(owner, environment)) continue
    throw refused('FLAG_LAYER_TAKEN', {
      message: `${shareOf(count)} of the layer "${layer.flag}" in "${environment}" would be taken from "${owner}", which dices there: units would be moved from what they see`,
      help: `end it first (threeways flag stand ${owner} --state off --reason WHY), or say that it is meant: threeways flag set FILE --rebucket`,
    })
  }
}

function checkHeld(holdout: Flag, flag: Flag, environment: string, before: ReadonlyMap<string, Flag>, stays: Stays): void {
  const [earlier, earlierFlag] = [before.get(holdout.flag), before.get(flag.flag)]
  // A kill switch that was thrown is no reason to forget whom it holds.
  const held = (one: Flag) => (settingOf(one, environment)?.state === 'ramp' ? (sharesIn(one, environment)['held'] ?? 0) : 0)
  const was = earlier !== undefined && earlierFlag !== undefined && covers(earlier, earlierFlag) ? held(earlier) : 0
  if (held(holdout) <= was || !stays(flag.flag, environment)) return
  throw refused('FLAG_HELD', {
    message: `"${flag.flag}" dices in "${environment}", and the holdout "${holdout.flag}" would take ${shareOf(held(holdout) - was)} of the units out of it`,
    help: 'begin a holdout before what it holds, or say that it is meant: threeways flag set FILE --rebucket',
  })
}

const ownersOf = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares)
    .map(([owner, slots]) => `${owner} (${shareOf(slots)})`)
    .join(', ')
