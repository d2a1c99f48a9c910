import type { FlagView, SettingView, StaleFlag } from '../api/types.ts'
import type { State } from '../piece/state.ts'

/** How a flag stands somewhere; the kill switch is stronger than its state. */
export type Standing = 'killed' | SettingView['state']

/** In the order in which people should look at them. */
export const standings: readonly Standing[] = ['killed', 'ramp', 'dark', 'on', 'off', 'retired']

export const standingWords: Record<Standing, string> = {
  killed: 'killed',
  ramp: 'ramping',
  dark: 'dark',
  on: 'on',
  off: 'off',
  retired: 'retired',
}

/** As `standingWords`; what keeps others apart grows by nobody's plan. */
export const wordOf = (standing: Standing, purpose: FlagView['purpose']): string =>
  standing === 'ramp' && (purpose === 'layer' || purpose === 'holdout') ? 'in force' : standingWords[standing]

export const standingMarks: Record<Standing, State> = {
  killed: 'stopped',
  ramp: 'running',
  dark: 'pending',
  on: 'verified',
  off: 'skipped',
  retired: 'cancelled',
}

export const standingIn = ({ killed, state }: Pick<SettingView, 'killed' | 'state'>): Standing => (killed ? 'killed' : state)

/** Where a flag that is not there leads. */
export const toFlags = { href: '/release', label: 'To all flags' }

export const sorts = ['attention', 'name', 'changed', 'expires', 'owner'] as const
export type Sort = (typeof sorts)[number]
export const groups = ['none', 'state', 'service', 'owner'] as const
export type Group = (typeof groups)[number]

export type Choice = {
  readonly words: string
  readonly show: Standing | 'stale' | 'all'
  /** Empty: all of them. */
  readonly environment: string
  readonly sort: Sort
  readonly group: Group
}

export type BoardRow = {
  readonly flag: FlagView
  /** Those that are looked at. */
  readonly settings: readonly SettingView[]
  /** The first of {@link standings} that is true in one of them. */
  readonly standing: Standing
  /** Why it should go, or be looked at. */
  readonly stale: readonly string[]
}
export type Item =
  | { readonly kind: 'row'; readonly row: BoardRow }
  | { readonly kind: 'group'; readonly name: string; readonly count: number }

/** Every flag that stands in the chosen environment. Pure. */
export function rowsOf(flags: readonly FlagView[], stale: readonly StaleFlag[], environment: string): readonly BoardRow[] {
  const reasons = new Map(stale.map(({ flag, because }) => [flag, because]))
  return flags.flatMap((flag) => {
    const settings = environment === '' ? flag.environments : flag.environments.filter((one) => one.environment === environment)
    const standing = standings.find((one) => settings.some((setting) => standingIn(setting) === one))
    if (standing === undefined && environment !== '') return []
    return [{ flag, settings, standing: standing ?? 'off', stale: reasons.get(flag.flag) ?? [] }]
  })
}

const isShown = ({ settings, standing, stale }: BoardRow, show: Choice['show']) =>
  show === 'all' || (show === 'stale' ? stale.length > 0 : standing === show || settings.some((setting) => standingIn(setting) === show))

/** How many stand so anywhere: one that ramps here and is on there counts in both. */
export const countOf = (rows: readonly BoardRow[], show: Choice['show']) => rows.filter((row) => isShown(row, show)).length

/** Rows as chosen, in order, with the names of groups between them. Pure. */
export function itemsOf(rows: readonly BoardRow[], { words, show, sort, group }: Omit<Choice, 'environment'>): readonly Item[] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const shown = rows
    .filter((row) => isShown(row, show) && wanted.every((word) => textOf(row).includes(word)))
    .toSorted((a, b) => orders[sort](a, b) || byName(a, b))
  const items = (list: readonly BoardRow[]) => list.map((row): Item => ({ kind: 'row', row }))
  if (group === 'none') return items(shown)
  const by = Map.groupBy(shown, groupNames[group])
  const names = group === 'state' ? standings.map((one) => standingWords[one]) : [...by.keys()].toSorted()
  return names.flatMap((name): readonly Item[] => {
    const list = by.get(name)
    return list === undefined ? [] : [{ kind: 'group', name, count: list.length }, ...items(list)]
  })
}

const groupNames: Record<Exclude<Group, 'none'>, (row: BoardRow) => string> = {
  state: ({ standing }) => standingWords[standing],
  service: ({ flag }) => flag.service ?? 'of no service',
  owner: ({ flag }) => flag.owner,
}

const byName = (a: BoardRow, b: BoardRow) => a.flag.flag.localeCompare(b.flag.flag)
const newestFirst = (a: BoardRow, b: BoardRow) => b.flag.latest.at.localeCompare(a.flag.latest.at)

const orders: Record<Sort, (a: BoardRow, b: BoardRow) => number> = {
  attention: (a, b) => standings.indexOf(a.standing) - standings.indexOf(b.standing) || newestFirst(a, b),
  name: byName,
  changed: newestFirst,
  expires: (a, b) => (a.flag.expires ?? '9').localeCompare(b.flag.expires ?? '9'),
  owner: (a, b) => a.flag.owner.localeCompare(b.flag.owner),
}

function textOf({ flag: { flag, description, owner, service, purpose, latest }, settings, stale }: BoardRow): string {
  const stands = settings.map((setting) => `${setting.environment} ${standingWords[standingIn(setting)]} ${setting.plan?.paused ?? ''}`)
  return [flag, description, owner, service ?? '', purpose, latest.by, latest.reason, ...stands, ...stale].join(' ').toLowerCase()
}

/** Whether it should be gone by now: its last day is over. @param now - epoch ms */
export const isExpired = (expires: string | null, now: number) => expires !== null && now >= Date.parse(expires) + dayMs
const dayMs = 86_400_000

/** Whether shares say more than the word for its state does. */
export const toldOf = ({ killed, state, serve, rules }: SettingView) =>
  !killed && (state === 'ramp' || (state === 'on' && (rules.length > 0 || serve !== 'on')))

/** Whether a plan decides what comes next. */
export const isPlanned = ({ plan, state }: SettingView) => plan !== null && state === 'ramp'
