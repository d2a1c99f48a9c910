export type ExperimentRow = {
  readonly experiment: string
  readonly hypothesis: string
  readonly owner: string
  readonly flag: string
  readonly environment: string
  readonly state: string
  readonly startedAt: string | null
  readonly decided: {
    readonly decision: string
    readonly arm: string | null
    readonly recommended: string
    readonly by: string
    readonly reason: string
    readonly at: string
    readonly units: number | null
    readonly isEarly: boolean
    readonly isAgainstRule: boolean
  } | null
}

type Interval = { readonly low: number; readonly high: number }
type Result = {
  readonly metric: string
  readonly arm: string
  readonly q?: number
  readonly role: string
  readonly verdict: string
  readonly nothing?: string
  readonly control?: number
  readonly treatment?: number
  readonly effect?: number
  readonly always?: Interval
  readonly atLook?: Interval
  readonly leastGain?: number
  readonly adjusted?: number
}

export type ExperimentStatus = ExperimentRow & {
  readonly layer: string | null
  readonly holdouts: readonly string[]
  readonly phase: number
  readonly since: string
  readonly units: number
  readonly plannedUnits: number | null
  readonly arms: readonly { readonly arm: string; readonly units: number; readonly share: number }[]
  readonly crossed: number
  readonly split: { readonly verdict: string; readonly p: number; readonly sees: number }
  readonly plan: {
    readonly metrics: readonly {
      readonly metric: string
      readonly kind: string
      readonly role: string
      readonly better: string
      readonly effect: number | null
      readonly margin: number | null
      readonly before: boolean
    }[]
    readonly looks: readonly number[]
    readonly alpha: number
    readonly power: number
    readonly shipWhen: string
  }
  readonly looking: { readonly may: boolean; readonly why: string | null; readonly unitsMissing: number | null }
  readonly results: readonly Result[]
  readonly recommendations: readonly { readonly arm: string; readonly action: string; readonly because: readonly string[] }[]
}

export const experimentTable = (rows: readonly ExperimentRow[]): readonly (readonly string[])[] => [
  ['EXPERIMENT', 'STATE', 'FLAG', 'ENVIRONMENT', 'OWNER', 'HYPOTHESIS'],
  ...rows.map(({ experiment, state, flag, environment, owner, hypothesis, decided }) => [
    experiment,
    decided === null ? state : `${decided.decision}${decided.arm === null ? '' : ` ${decided.arm}`}`,
    flag,
    environment,
    owner,
    hypothesis,
  ]),
]

const percent = (ratio: number) => `${ratio < 0 ? '−' : '+'}${Math.abs(ratio * 100).toFixed(1)} %`
const between = (interval: Interval | undefined) => (interval === undefined ? '' : `${percent(interval.low)} to ${percent(interval.high)}`)
const pText = (p: number | undefined) => (p === undefined ? '' : p < 0.001 ? '<0.001' : p.toFixed(3))
/** 0.9 is p90. */
const quantileText = (q: number) => `p${Number((q * 100).toPrecision(6))}`
const level = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(4))))

/** What an experiment says by now. */
export function statusLines(said: ExperimentStatus): {
  readonly head: readonly string[]
  readonly table: readonly (readonly string[])[]
  readonly foot: readonly string[]
} {
  const { experiment, hypothesis, state, units, plannedUnits, arms, crossed, split, results, recommendations, phase, since, decided } = said
  const head = [
    `${experiment}, ${state}: ${hypothesis}`,
    `${units.toLocaleString('en')}${plannedUnits === null ? '' : ` of ${plannedUnits.toLocaleString('en')}`} units${phase > 1 ? ` since ${since.slice(0, 16).replace('T', ' ')}, when the arms were weighed otherwise` : ''}: ${arms
      .map(({ arm, units: has, share }) => `${arm} ${has.toLocaleString('en')} (${(share * 100).toFixed(0)} % asked for)`)
      .join(', ')}`,
    ...(crossed === 0 ? [] : [`${crossed.toLocaleString('en')} saw several arms, and count in none`]),
    ...(said.layer === null ? [] : [`its units are in no other experiment of the layer ${said.layer}`]),
    ...said.holdouts.map((name) => `units that ${name} holds are kept out of it`),
    splitLine(split),
    ...lookingLines(said),
    ...planLines(said),
    '',
  ]
  const table = [
    ['METRIC', 'ARM', 'ROLE', 'CONTROL', 'TREATMENT', 'EFFECT', 'AT ANY MOMENT', 'AT THE LAST LOOK', 'P', 'VERDICT'],
    ...results.map(({ metric, q, arm, role, control, treatment, effect, always, atLook, leastGain, adjusted, verdict, nothing }) => [
      q === undefined ? metric : `${metric} ${quantileText(q)}`,
      arm,
      role,
      level(control),
      level(treatment),
      effect === undefined ? '' : percent(effect),
      between(always),
      leastGain === undefined ? between(atLook) : lossText(leastGain),
      pText(adjusted),
      nothing ?? verdict,
    ]),
  ]
  const foot = [
    ...(results.length === 0 ? [] : ['']),
    ...(decided === null ? recommendations : []).map(({ arm, action, because }) => `${arm}: ${action} (${because.join('; ')})`),
    ...(decided === null
      ? []
      : [
          `decided by ${decided.by}${decided.isAgainstRule ? ', against its rule' : ''}: ${decided.decision}${decided.arm === null ? '' : ` ${decided.arm}`}: ${decided.reason}. Recommended was ${decided.recommended}`,
        ]),
  ]
  return { head, table, foot }
}

/** How much a guardrail may have lost. */
const lossText = (leastGain: number) =>
  leastGain < 0 ? `at most ${(-leastGain * 100).toFixed(1)} % worse` : `${(leastGain * 100).toFixed(1)} % better or more`

/** What was written down before. */
function planLines({ plan, plannedUnits }: ExperimentStatus): readonly string[] {
  const share = (ratio: number) => `${Number((ratio * 100).toPrecision(6))} %`
  const asked = plan.metrics.map(({ metric, kind, role, better, effect, margin, before }) => {
    const what = [
      ...(role === 'decision' ? ['decides'] : role === 'guardrail' ? ['must not get worse'] : ['explored']),
      kind,
      `${better} is better`,
      ...(effect === null ? [] : [`${share(effect)} are worth seeing`]),
      ...(margin === null ? [] : [`${share(margin)} worse is borne`]),
      ...(before ? ['less what the time before explains'] : []),
    ]
    return `  ${metric}: ${what.join(', ')}`
  })
  const looks =
    plannedUnits === null
      ? 'at any moment'
      : `at ${plan.looks.map((look) => Math.ceil(look * plannedUnits).toLocaleString('en')).join(', ')} units`
  const rule = `${plan.shipWhen} decision metric is better and every guardrail holds`
  return [`written down: shipped when ${rule}; decided ${looks}; alpha ${plan.alpha}, power ${plan.power}`, ...asked]
}

/** Whether it may be decided, or that it is. */
function lookingLines({ decided, looking, units, plannedUnits }: ExperimentStatus): readonly string[] {
  if (decided !== null) {
    const early = decided.isEarly
      ? `, early, with ${units.toLocaleString('en')} of ${plannedUnits!.toLocaleString('en')} planned units`
      : ''
    return [`it was decided ${decided.at.slice(0, 16).replace('T', ' ')}${early}: what is shown was known then, and nothing later counts`]
  }
  if (looking.why === null) return []
  return [looking.unitsMissing === 0 ? `it is to be decided: ${looking.why}` : `it may not be decided yet: ${looking.why}`]
}

type Overlap = {
  readonly experiments: readonly string[]
  readonly environment: string
  readonly units: number
  readonly verdict: string
  readonly because: string
  readonly metrics: readonly {
    readonly metric: string
    readonly nothing?: string
    readonly adjusted?: number
    readonly contrasts?: readonly {
      readonly arms: readonly string[]
      readonly estimate: number
      readonly low: number
      readonly high: number
    }[]
  }[]
}
export type Overlaps = { readonly overlaps: readonly Overlap[]; readonly every: number }

export const everyLine = ({ every }: Overlaps): readonly string[] =>
  every === 1 ? [] : [`of every ${every}th unit: there are too many to be looked up one by one`]

const short = (value: number) => `${value < 0 ? '−' : '+'}${level(Math.abs(value))}`

/** Pairs of experiments, and what they do to each other. */
export const overlapTable = ({ overlaps }: Overlaps): readonly (readonly string[])[] => [
  ['PAIR', 'UNITS IN BOTH', 'METRIC', 'BESIDE EACH OTHER', 'AT ANY MOMENT', 'P', 'VERDICT'],
  ...overlaps.flatMap(({ experiments, environment, units, verdict, because, metrics }) => {
    const rows = metrics.flatMap(({ metric, nothing, adjusted, contrasts = [] }): string[][] =>
      nothing === undefined
        ? contrasts.map(({ arms, estimate, low, high }) => [
            `${metric} ${arms.join(' × ')}`,
            short(estimate),
            `${short(low)} to ${short(high)}`,
            pText(adjusted),
          ])
        : [[metric, '', nothing, '']],
    )
    return (rows.length === 0 ? [['', '', '', '']] : rows).map((row, index) => [
      index === 0 ? `${experiments.join(' × ')} (${environment})` : '',
      index === 0 ? units.toLocaleString('en') : '',
      ...row,
      index === 0 ? `${verdict}: ${because}` : '',
    ])
  }),
]

function splitLine({ verdict, p, sees }: ExperimentStatus['split']): string {
  if (verdict === 'nobody yet') return 'nobody was exposed yet'
  if (verdict === 'wrong')
    return `the arms do not have the sizes asked for (p = ${p.toPrecision(2)}): nothing is shown, for nothing could be believed`
  return `the arms have the sizes asked for; what is ${sees.toFixed(1)} points off would be seen four times of five`
}
