import { refused, type Fault } from '../../kernel/errors.ts'
import { pointerOf, type Places } from '../definition/places.ts'
import { suggestion } from '../definition/suggest.ts'
import { codeDefault, type Condition, type Flag } from './flag.ts'

/** A flag out of a file, with where everything stands in it. */
export type Read = { readonly flag: Flag; readonly file: string; readonly places: Places }

/**
 * Refuses files that name what nobody has, all of it at once.
 * @param all - as they stand, by name
 * @throws ThreewaysError `FLAG_REQUIREMENT_INVALID`, or `FLAG_LAYER_INVALID` where nothing but layers is missing; with `faults`
 */
export function checkResolved(read: readonly Read[], all: ReadonlyMap<string, { readonly flag: Flag }>): void {
  const then = new Map([...all.values(), ...read].map(({ flag }) => [flag.flag, flag]))
  const faults = read.flatMap(({ flag, places }) => unresolvedFaults(flag, places, then))
  if (faults.length === 0) return
  const code = faults.every(({ path }) => path === '/layer') ? 'FLAG_LAYER_INVALID' : 'FLAG_REQUIREMENT_INVALID'
  const [first] = faults
  const more = faults.length === 1 ? '' : `, and ${faults.length - 1} more`
  throw refused(code, { message: `${first!.message}${more}`, ...(first!.help === undefined ? {} : { help: first!.help }), faults })
}

type Path = readonly PropertyKey[]

/** What a file names and nobody has: flags, variants of them, a layer; each at its place. Pure. @param all - as they will stand, by name */
export function unresolvedFaults(flag: Flag, places: Places, all: ReadonlyMap<string, Flag>): readonly Fault[] {
  const faults: Fault[] = []
  const ask = (name: string, variant: string, path: Path, variantPath: Path) => {
    const needed = all.get(name)
    const at = (where: Path, message: string, value: string, help: string) =>
      faults.push(places.atValue(pointerOf(where), { message: `"${flag.flag}" ${message}`, value, help }))
    if (needed === undefined) {
      // Only where they are asked for: of a thousand files each would list a thousand names.
      const others = [...all.keys()].filter((other) => other !== flag.flag)
      at(path, `requires "${name}", which is no flag`, name, suggestion(name, others, 'make that one first'))
    }
    if (needed !== undefined && variant !== codeDefault && !Object.hasOwn(needed.variants, variant))
      at(
        variantPath,
        `requires "${name}" to be "${variant}", which is no variant of it`,
        variant,
        suggestion(variant, Object.keys(needed.variants), 'name one that it has'),
      )
  }
  for (const [index, need] of flag.requires.entries())
    ask(need.flag, need.variant, ['requires', index, 'flag'], ['requires', index, 'variant'])
  if (flag.layer !== undefined && all.get(flag.layer)?.purpose !== 'layer') {
    const layers = [...all.values()].filter(({ purpose }) => purpose === 'layer').map((one) => one.flag)
    const found = all.get(flag.layer)
    const what = found === undefined ? 'no flag' : `a flag for ${found.purpose}`
    faults.push(
      places.atValue('/layer', {
        message: `"${flag.flag}" is to be in the layer "${flag.layer}", which is ${what}`,
        value: flag.layer,
        help: suggestion(flag.layer, layers, 'write one first: a flag with `purpose: layer`'),
      }),
    )
  }
  for (const [environment, { rules }] of Object.entries(flag.environments))
    for (const [index, { when }] of rules.entries())
      for (const { name, variants, path } of asked(when, ['environments', environment, 'rules', index, 'when']))
        for (const variant of variants) ask(name, variant, path, path)
  return faults
}

/** The flags that a condition asks, wherever in it, each with its place. */
function asked(
  when: Condition,
  path: Path,
): readonly { readonly name: string; readonly variants: readonly string[]; readonly path: Path }[] {
  return Object.entries(when).flatMap(([name, wanted]) => {
    const here = [...path, name]
    if (name === '$flag')
      return Object.entries(wanted as Readonly<Record<string, readonly string[]>>).map(([flag, variants]) => ({
        name: flag,
        variants,
        path: [...here, flag],
      }))
    if (name === 'not') return asked(wanted as Condition, here)
    if (name !== 'any' && name !== 'all') return []
    return (wanted as readonly Condition[]).flatMap((one, index) => asked(one, [...here, index]))
  })
}
