import { isDeepStrictEqual } from 'node:util'
import { AsyncLocalStorageTransactionContextPropagator, OpenFeature } from '@openfeature/server-sdk'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { valueOf, type Case, type Step } from './gherkin.ts'
import { evaluate, evaluateMerged, hookOf, provide, type Details, type World } from './openfeature-world.ts'

type Doing = readonly [
  RegExp,
  (world: World, match: readonly string[], step: Step) => Promise<string | undefined | void> | string | undefined | void,
]

const quiet = (): void => undefined
const silent = { error: quiet, warn: quiet, info: quiet, debug: quiet }
let cases = 0

const asked = (world: World, type: string, key: string, fallback: unknown): Promise<void> =>
  evaluate(Object.assign(world, { type, key, fallback }))
const is = (found: unknown, wanted: unknown): string | undefined =>
  isDeepStrictEqual(found, wanted) ? undefined : `is ${JSON.stringify(found)}, should be ${JSON.stringify(wanted)}`
const any = (...said: readonly (string | undefined)[]): string | undefined => said.find((one) => one !== undefined)
const unquoted = (text: string): string => text.replaceAll(/^"|"$/g, '')

const fields: Readonly<Record<string, (details: Details) => unknown>> = {
  flag_key: (details) => details.flagKey,
  value: (details) => details.value,
  variant: (details) => details.variant,
  reason: (details) => details.reason,
  error_code: (details) => details.errorCode,
}

function hooksSaw({ called }: World, names: string, rows: readonly (readonly string[])[]): string | undefined {
  return any(
    ...names.split(', ').flatMap((name) =>
      rows.map(([type, field, written]) => {
        const details = called.get(name)
        return details === undefined
          ? `${name} was not called`
          : is(fields[field!]!(details), written === 'null' ? undefined : valueOf(type!, written!))
      }),
    ),
  )
}

const add = ({ levels }: World, level: string, key: string, value: string): void =>
  void levels.set(level, { ...levels.get(level), [key]: value })

const doings: readonly Doing[] = [
  [/^an? (stable|not ready|error|fatal|stale) provider$/, (world, [kind]) => provide(world, kind!)],
  [/^a stable provider with retrievable context is registered$/, (world) => provide(world, 'stable')],
  [
    /^an? (\w+)-flag with key "(.*)" and a fallback value "(.*)"$/,
    (world, [type, key, fallback]) => void Object.assign(world, { type, key, fallback: valueOf(type!, fallback!) }),
  ],
  [
    /^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$/,
    ({ context }, [key, type, value]) => void (context[key!] = valueOf(type!, value!)),
  ],
  [/^a context containing a key "(.*)" with null value$/, ({ context }, [key]) => void (context[key!] = null)],
  [/^the flag was evaluated with details( asynchronously| using the evaluation options)?$/, evaluate],
  [/^the resolved details value should be "(.*)"$/, ({ details, type }, [wanted]) => is(details!.value, valueOf(type, wanted!))],
  [/^the reason should be "(.*)"$/, ({ details }, [wanted]) => is(details!.reason, wanted)],
  [/^the error-code should be "(.*)"$/, ({ details }, [wanted]) => is(details!.errorCode, wanted)],
  [/^the flag key should be "(.*)"$/, ({ details }, [wanted]) => is(details!.flagKey, wanted)],
  [/^the variant should be "([^"]*)"$/, ({ details }, [wanted]) => is(details!.variant, wanted)],
  [/^the resolved metadata is empty$/, ({ details }) => is(details!.flagMetadata, {})],
  [
    /^the resolved metadata should contain$/,
    ({ details }, _, { table: [, ...rows] }) =>
      any(...rows.map(([key, type, value]) => is(details!.flagMetadata[key!], valueOf(type!, value!)))),
  ],
  [/^the provider status should be "(.*)"$/, ({ client }, [wanted]) => is(client.providerStatus, wanted)],
  [/^the evaluation should complete without blocking$/, ({ details }) => is(details === undefined, false)],
  [/^a client with added hook$/, (world) => void world.client.addHooks(hookOf(world))],
  [/^the "(.*)" hook should have been executed$/, ({ called }, [name]) => is(called.has(name!), true)],
  [
    /^the "(.*)" hooks should be called with evaluation details$/,
    (world, [names], { table: [, ...rows] }) => hooksSaw(world, names!, rows),
  ],
  [/^evaluation options containing specific hooks$/, (world) => void (world.hooks = [hookOf(world, 'first '), hookOf(world, 'second ')])],
  [/^the specified hooks should execute during evaluation$/, ({ called }) => is([...called.keys()].sort(), ['after', 'before', 'finally'])],
  [
    /^the hook order should be maintained$/,
    ({ order }) => is(order, ['first before', 'second before', 'second after', 'first after', 'second finally', 'first finally']),
  ],
  [/^an evaluation context with modifiable data$/, ({ context }) => void Object.assign(context, { user: { name: 'ann' }, list: [1] })],
  [/^the original evaluation context should remain unmodified$/, ({ context }) => is(context, { user: { name: 'ann' }, list: [1] })],
  [/^the evaluation details should be immutable$/, ({ details }) => is(Object.isFrozen(details!.flagMetadata), true)],
  [
    /^A context entry with key "(.*)" and value "(.*)" is added to the "(.*)" level$/,
    (world, [key, value, level]) => add(world, level!, key!, value!),
  ],
  [/^A table with levels of increasing precedence$/, (world, _, { table }) => void (world.order = table.map(([level]) => level!))],
  [
    /^Context entries for each level from API level down to the "(.*)" level, with key "(.*)" and value "(.*)"$/,
    (world, [to, key]) => {
      for (const level of world.order.slice(0, world.order.indexOf(to!) + 1)) add(world, level, key!, level)
    },
  ],
  [/^Some flag was evaluated$/, evaluateMerged],
  [/^The merged context contains an entry with key "(.*)" and value "(.*)"$/, ({ seen }, [key, value]) => is(seen.context?.[key!], value)],
  // The older part of the suite has a sentence for each type.
  [
    /^an? (boolean|string|integer|float) flag with key "(.*)" is evaluated with (?:details and )?default value (.*)$/,
    (world, [type, key, fallback]) => asked(world, type!, key!, valueOf(type!, unquoted(fallback!))),
  ],
  [
    /^an object flag with key "(.*)" is evaluated with (?:details and )?a null default value$/,
    (world, [key]) => asked(world, 'object', key!, null),
  ],
  [
    /^a non-existent string flag with key "(.*)" is evaluated with details and a fallback value "(.*)"$/,
    (world, [key, fallback]) => asked(world, 'string', key!, fallback),
  ],
  [
    /^a string flag with key "(.*)" is evaluated as an integer, with details and a fallback value (\d+)$/,
    (world, [key, fallback]) => asked(world, 'integer', key!, Number(fallback)),
  ],
  [/^a flag with key "(.*)" is evaluated with default value "(.*)"$/, (world, [key, fallback]) => asked(world, 'string', key!, fallback)],
  [
    /^context contains keys "(.*)", "(.*)", "(.*)", "(.*)" with values "(.*)", "(.*)", (\d+), "(.*)"$/,
    ({ context }, [a, b, c, d, one, two, three, four]) =>
      void Object.assign(context, { [a!]: one, [b!]: two, [c!]: Number(three), [d!]: four === 'true' }),
  ],
  [
    /^the resolved (boolean|string|integer|float) (?:value|response) should be (.*)$/,
    ({ details }, [type, wanted]) => is(details!.value, valueOf(type!, unquoted(wanted!))),
  ],
  [
    /^the resolved (boolean|string|integer|float) details value should be (.*), the variant should be "(.*)", and the reason should be "(.*)"$/,
    ({ details }, [type, wanted, variant, reason]) =>
      any(is(details!.value, valueOf(type!, unquoted(wanted!))), is(details!.variant, variant), is(details!.reason, reason)),
  ],
  [
    /^the resolved object (?:details )?value should be contain fields "(.*)", "(.*)", and "(.*)", with values "(.*)", "(.*)" and (\d+), respectively$/,
    ({ details }, [a, b, c, one, two, three]) => is(details!.value, { [a!]: one === 'true', [b!]: two, [c!]: Number(three) }),
  ],
  [
    /^the variant should be "(.*)", and the reason should be "(.*)"$/,
    ({ details }, [variant, reason]) => any(is(details!.variant, variant), is(details!.reason, reason)),
  ],
  [
    /^the resolved flag value is "(.*)" when the context is empty$/,
    async (world, [wanted]) => is(await world.client.getStringValue(world.key, '?', {}), wanted),
  ],
  [/^the default (?:string|integer) value should be returned$/, ({ details, fallback }) => is(details!.value, fallback)],
  [
    /^the reason should indicate an error and the error code should indicate a .* with "(.*)"$/,
    ({ details }, [code]) => any(is(details!.reason, 'ERROR'), is(details!.errorCode, code)),
  ],
]

/** Plays one case of the specification's suite through our provider. @returns what is not as it should be; undefined: passed */
export async function playSpec({ steps }: Case, set: FlagSet): Promise<string | undefined> {
  // What a provider fails at on purpose need not be told to whoever reads the tests.
  OpenFeature.setLogger(silent)
  OpenFeature.setTransactionContextPropagator(new AsyncLocalStorageTransactionContextPropagator())
  const domain = `case-${cases++}`
  const world: World = {
    domain,
    set,
    context: {},
    levels: new Map(),
    called: new Map(),
    seen: {},
    client: OpenFeature.getClient(domain),
    key: '',
    type: '',
    fallback: undefined,
    details: undefined,
    hooks: [],
    order: [],
  }
  for (const step of steps) {
    const found = doings.find(([pattern]) => pattern.test(step.text))
    if (found === undefined) return `there is no step "${step.text}"`
    const said = await found[1](world, found[0].exec(step.text)!.slice(1), step)
    if (said !== undefined) return `${step.text}: ${said}`
  }
  return undefined
}
