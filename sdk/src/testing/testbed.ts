import { isDeepStrictEqual } from 'node:util'
import { createEvaluator, type Evaluation } from '../evaluate/evaluator.ts'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { valueOf, type Case, type Step } from './gherkin.ts'

type World = {
  readonly set: FlagSet
  readonly context: Record<string, unknown>
  key: string
  type: string
  fallback: unknown
  result: Evaluation | undefined
}

/** A step's pattern and what it does; an answer is a complaint. */
type Doing = readonly [RegExp, (world: World, match: readonly string[], step: Step) => string | undefined | void]

const doings: readonly Doing[] = [
  [/^(an evaluator|an option .*|a stable flagd provider|a metadata flagd provider)$/, () => undefined],
  [
    /^a (\w+)-flag with key "(.*)" and a (?:fallback|default) value "(.*)"$/,
    (world, [type, key, fallback]) => void Object.assign(world, { type, key, fallback: valueOf(type!, fallback!) }),
  ],
  [
    /^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$/,
    ({ context }, [key, type, value]) => void (context[key!] = valueOf(type!, value!)),
  ],
  [
    /^a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"$/,
    ({ context }, [outer, inner, value]) => void (context[outer!] = { [inner!]: value }),
  ],
  [/^a context containing a targeting key with value "(.*)"$/, ({ context }, [value]) => void (context['targetingKey'] = value)],
  [/^the flag was evaluated with details$/, (world) => evaluate(world)],
  [/^the resolved details value should be "(.*)"$/, ({ type, result }, [wanted]) => complaint(result!.value, valueOf(type, wanted!))],
  [/^the reason should be "(.*)"$/, ({ result }, [wanted]) => complaint(result!.reason, wanted)],
  [/^the error-code should be "(.*)"$/, ({ result }, [wanted]) => complaint(result!.errorCode ?? '', wanted)],
  [/^the resolved metadata is empty$/, ({ result }) => complaint(result!.metadata, {})],
  [
    /^the resolved metadata should contain$/,
    ({ result }, _, { table: [, ...rows] }) =>
      rows.map(([key, type, value]) => complaint(result!.metadata[key!], valueOf(type!, value!))).find((said) => said !== undefined),
  ],
]

function evaluate(world: World): void {
  const { set, key, context, fallback } = world
  world.result = createEvaluator(set).evaluate(key, context, fallback)
}

function complaint(is: unknown, wanted: unknown): string | undefined {
  return isDeepStrictEqual(is, wanted) ? undefined : `is ${JSON.stringify(is)}, should be ${JSON.stringify(wanted)}`
}

/** Plays one case of a flagd suite. @returns what is not as it should be; undefined: passed */
export function play({ steps }: Case, set: FlagSet): string | undefined {
  const world: World = { set, context: {}, key: '', type: 'String', fallback: undefined, result: undefined }
  for (const step of steps) {
    const found = doings.map(([pattern, act]) => ({ match: pattern.exec(step.text), act })).find(({ match }) => match !== null)
    if (found === undefined) return `there is no step "${step.text}"`
    const said = found.act(world, found.match!.slice(1), step)
    if (said !== undefined) return `${step.text}: ${said}`
  }
  return undefined
}

/** The set with every flag pinned to an algorithm, as our own flags are. Only flags with targeting: the others have no use for it. */
export function pinned(set: FlagSet, bucketing: string): FlagSet {
  const flags = Object.entries(set.flags).map(
    ([key, flag]) =>
      [key, flag.targeting === undefined ? flag : { ...flag, metadata: { ...flag.metadata, 'tw.bucketing': bucketing } }] as const,
  )
  return { ...set, flags: Object.fromEntries(flags) }
}
