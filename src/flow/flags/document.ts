import type { Fault } from '../../kernel/errors.ts'
import { readDocument, refusedDocument } from '../definition/document.ts'
import { faultsOf } from '../definition/issues.ts'
import { usualDemands, type Demands } from '../dark/readiness.ts'
import { holdoutVariants, layerVariants } from './exclusion.ts'
import { FlagFile, type File, type ReadPlan, type ReadReady } from './file-schema.ts'
import { slotCount, type Flag, type Serve, type Setting, type Value } from './flag.ts'
import type { Places } from '../definition/places.ts'
import { meaningFaults } from './meaning.ts'
import { newPlan, stepOf } from './plan.ts'

/** Larger ones are not configuration any more. */
export const documentMax = 60_000

/**
 * Reads a flag from YAML or JSON. Every fault is found in one go, each with line, column and what to do. Pure.
 * @param file - its name, for the faults
 * @throws ThreewaysError `FLAG_INVALID` with `faults`
 */
export const readFlag = (text: string, file: string): Flag => readWithPlaces(text, file).flag

/** As `readFlag`, with where everything stands. @throws ThreewaysError `FLAG_INVALID` with `faults` */
export function readWithPlaces(text: string, file: string): { readonly flag: Flag; readonly places: Places } {
  const { value, places, faults: written, broken } = readDocument(text, file, 'plain')
  if (broken) throw refusal(written, file)
  const parsed = FlagFile.safeParse(value)
  if (!parsed.success) throw refusal([...written, ...faultsOf(parsed.error, FlagFile, value, places)], file)
  const flag = flagOf(parsed.data)
  const meaning = [...written, ...meaningFaults(flag, parsed.data, places)]
  if (meaning.length > 0) throw refusal(meaning, file)
  return { flag, places }
}

function flagOf(file: File): Flag {
  const variants = variantsOf(file)
  const control = file.control ?? (Object.hasOwn(variants, 'off') ? 'off' : Object.keys(variants)[0]!)
  const flag: Flag = {
    flag: file.flag,
    description: file.description ?? '',
    owner: file.owner,
    purpose: file.purpose,
    expires: file.expires === undefined || file.expires === 'never' ? null : file.expires,
    service: file.service ?? null,
    change: file.change ?? null,
    variants,
    control,
    bucketing: file.bucketing,
    bucketBy: file.bucketBy,
    salt: file.salt ?? file.flag,
    requires: file.requires,
    ...(file.layer === undefined ? {} : { layer: file.layer }),
    ...(file.holds === undefined ? {} : { holds: file.holds }),
    environments: Object.fromEntries(
      Object.entries(file.environments).map(([name, { state, killed, rules, serve, sample, ramp, ready, load }]): [string, Setting] => [
        name,
        {
          state,
          killed,
          rules: rules as Setting['rules'],
          ...rampOf(ramp, serve, control, variants),
          sample: sample ?? slotCount,
          load: load ?? 0,
          ready: ready === undefined ? null : demandsOf(ready),
        },
      ]),
    ),
  }
  return flag.purpose === 'layer' && file.variants === undefined ? { ...flag, variants: layerVariants(control, flag.environments) } : flag
}

function variantsOf({ purpose, variants, control }: File): Readonly<Record<string, Value>> {
  if (variants !== undefined) return variants as Readonly<Record<string, Value>>
  if (purpose === 'layer') return { [control ?? 'none']: control ?? 'none' }
  return purpose === 'holdout' ? holdoutVariants : { off: false, on: true }
}

const demandsOf = ({ rehearsals, differ, fail, slower }: ReadReady): Demands => ({
  rehearsals,
  differ: differ ?? usualDemands.differ,
  fail: fail ?? usualDemands.fail,
  slowerMs: slower ?? null,
})

/** What is served, and the plan by which it grows: a plan alone serves its first step. */
function rampOf(ramp: ReadPlan | undefined, serve: Serve | undefined, control: string, variants: Flag['variants']) {
  if (ramp === undefined) return { serve: serve ?? control, plan: null }
  const others = Object.keys(variants).filter((name) => name !== control)
  const variant = ramp.variant ?? (others.length === 1 ? others[0]! : '')
  const steps = ramp.steps.map(({ share, hold, until }) => stepOf(share, hold, until))
  return { serve: serve ?? { [variant]: steps[0]!.share }, plan: newPlan(variant, steps, ramp.guardrails) }
}

const isSecond = ({ message }: Fault) => message.includes('a second document begins here')

const refusal = (faults: readonly Fault[], file: string) =>
  refusedDocument('FLAG_INVALID', faults, {
    file,
    help: faults.some(isSecond)
      ? 'a file holds one flag: move what follows the "---" into a file of its own'
      : 'see the example in docs/flags.md',
  })
