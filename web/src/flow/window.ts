/** The windows one can choose, in days; the longest is longer than any history. */
export const windows = [
  { days: 30, name: '30 d', told: '30 days' },
  { days: 90, name: '90 d', told: '90 days' },
  { days: 365, name: '1 y', told: 'a year' },
  { days: 3660, name: 'all', told: 'all time' },
] as const
export const allDays = 3660

export type FlowWindow = {
  readonly days: number
  /** A day, `2024-04-15`, at whose end (UTC) it is looked from; undefined: now. */
  readonly asOf: string | undefined
}

const usual = 90

export function windowIn(search: URLSearchParams): FlowWindow {
  const days = Number(search.get('days'))
  const asOf = search.get('asOf') ?? ''
  return {
    days: windows.some((one) => one.days === days) ? days : usual,
    asOf: /^\d{4}-\d\d-\d\d$/.test(asOf) && !Number.isNaN(Date.parse(asOf)) ? asOf : undefined,
  }
}

/** Whose streams are looked at; undefined: everybody's. */
export const teamIn = (search: URLSearchParams): string | undefined => search.get('team') || undefined
const ofTeam = (team: string | undefined) => (team === undefined ? {} : { team })

/** Only what differs from the usual stands in the address. @param team - only its streams */
export function addressOf({ days, asOf }: FlowWindow, team?: string): Record<string, string> {
  return { ...(days === usual ? {} : { days: String(days) }), ...(asOf === undefined ? {} : { asOf }), ...ofTeam(team) }
}

/** What the server is asked. @param team - only of its streams */
export function queryOf({ days, asOf }: FlowWindow, team?: string): string {
  const then = asOf === undefined ? {} : { asOf: `${asOf}T23:59:59.999Z` }
  return String(new URLSearchParams({ days: String(days), ...then, ...ofTeam(team) }))
}

/** With a question mark where there is anything to say. */
export function searchOf(params: Readonly<Record<string, string>>): string {
  const search = String(new URLSearchParams(params))
  return search === '' ? '' : `?${search}`
}

/** @param view - one of its tabs; undefined: the first */
export const flowHref = (stream: string, params: Readonly<Record<string, string>> = {}, view?: string) =>
  `/flow/${encodeURIComponent(stream)}${view === undefined ? '' : `/${view}`}${searchOf(params)}`
