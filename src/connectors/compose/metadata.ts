import { run } from '../../kernel/process.ts'

type Parameter = { readonly name: string; readonly required: boolean; readonly type?: string; readonly enum?: string }

/** What a provider says of its commands. `stop` is there only where it can stop. */
export type Metadata = { readonly up: readonly Parameter[]; readonly down: readonly Parameter[]; readonly stop?: readonly Parameter[] }

export type Options = Readonly<Record<string, readonly string[]>>

const answerMsMax = 10_000
const answerBytesMax = 1024 * 1024

/** @returns undefined: it says nothing, as it may. Whoever cannot say it in ten seconds does not. */
export async function metadataOf(program: string, env: Readonly<Record<string, string>>): Promise<Metadata | undefined> {
  const options = { cwd: '/', env, timeoutMs: answerMsMax, outputBytesMax: answerBytesMax }
  const ran = await run(program, ['compose', 'metadata'], options).catch(() => undefined)
  if (ran?.code !== 0) return undefined
  try {
    const { description, up, down, stop } = JSON.parse(ran.stdout) as Record<string, unknown>
    if (!description && parametersIn(up) === undefined && parametersIn(down) === undefined) return undefined
    const stops = stop === undefined || stop === null ? {} : { stop: parametersIn(stop) ?? [] }
    return { up: parametersIn(up) ?? [], down: parametersIn(down) ?? [], ...stops }
  } catch {
    return undefined
  }
}

function parametersIn(command: unknown): readonly Parameter[] | undefined {
  const { parameters } = (command ?? {}) as { parameters?: unknown }
  if (!Array.isArray(parameters)) return undefined
  return (parameters as readonly Partial<Parameter>[]).flatMap(({ name, required, type, enum: values }) =>
    typeof name === 'string' ? [{ name, required: required === true, ...(type ? { type } : {}), ...(values ? { enum: values } : {}) }] : [],
  )
}

/** What is wrong with options: of one that is named, else of all. Pure. */
export type OptionFault = { readonly option: string | undefined; readonly message: string; readonly help: string }

/** Compose leaves out what `up` does not know; a slip of the pen would then mean something else than it says. */
export function optionFaults(options: Options, { up, down }: Metadata): readonly OptionFault[] {
  const known = [...up, ...down]
  const names = [...new Set(up.map(({ name }) => name))].join(', ')
  const unknown = Object.keys(options)
    .filter((option) => !known.some(({ name }) => name === option))
    .map((option) => ({ option, message: `has no option "${option}"`, help: names === '' ? 'it has none' : `it has ${names}` }))
  const missing = [...new Set(known.filter(({ name, required }) => required && !Object.hasOwn(options, name)).map(({ name }) => name))]
  const faulty = Object.entries(options).flatMap(([option, values]) => {
    const parameter = known.find(({ name }) => name === option)
    return parameter === undefined ? [] : values.flatMap((value) => valueFault(option, value, parameter))
  })
  const help = (name: string) => `add it: options: {${name}: …}`
  return [
    ...unknown,
    ...missing.map((name) => ({ option: undefined, message: `requires the option "${name}"`, help: help(name) })),
    ...faulty,
  ]
}

function valueFault(option: string, value: string, { type, enum: values }: Parameter): readonly OptionFault[] {
  const allowed = values?.split(',').map((each) => each.trim())
  if (allowed && !allowed.includes(value))
    return [
      { option, message: `does not know ${JSON.stringify(value.slice(0, 80))} as "${option}"`, help: `it knows ${allowed.join(', ')}` },
    ]
  const isWrong =
    (/^(integer|int|int64|uint)$/.test(type ?? '') && !/^[+-]?\d+$/.test(value)) ||
    (/^bool(ean)?$/.test(type ?? '') && !/^(true|false|0|1|t|f)$/i.test(value))
  return isWrong ? [{ option, message: `takes ${type} as "${option}", got ${JSON.stringify(value.slice(0, 80))}`, help: 'correct it' }] : []
}

/** Those that a command knows; all, where nothing is known of it. */
export function optionsFor(command: 'up' | 'down' | 'stop', options: Options, metadata: Metadata | undefined): Options {
  if (metadata === undefined) return options
  return Object.fromEntries(Object.entries(options).filter(([option]) => metadata[command]?.some(({ name }) => name === option)))
}
