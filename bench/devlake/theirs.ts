/** Runs the panels on their tables. */
import type { Client } from 'pg'
import { panelNames, withLiterals, type Literals, type Panel, type PanelName } from './dashboard.ts'
import { percentile } from '../ledger/percentile.ts'

export type Answer = {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Median, milliseconds. */
  readonly ms: number
}
export type Answers = ReadonlyMap<PanelName, Answer>

/** @param times - how often each query is run after the first time, which is not counted */
export async function askPanels(
  client: Client,
  panels: ReadonlyMap<PanelName, Panel>,
  literals: Literals,
  times: number,
): Promise<Answers> {
  const answers = new Map<PanelName, Answer>()
  for (const name of panelNames) {
    const sql = withLiterals(panels.get(name)!, literals)
    let { rows } = await client.query(sql)
    const took: number[] = []
    for (let time = 0; time < times; time++) {
      const began = performance.now()
      rows = (await client.query(sql)).rows
      took.push(performance.now() - began)
    }
    answers.set(name, { rows, ms: percentile(took, 50) })
  }
  return answers
}

/** The value of a panel that shows one, as it prints it. */
export function shown(answers: Answers, name: PanelName): string {
  const value = Object.values(answers.get(name)!.rows[0] ?? {})[0]
  return value === undefined || value === null ? 'nothing' : String(value)
}

/** Months of the window that a chart draws at zero. @param until - end of the window */
export function zeroMonths(answers: Answers, name: PanelName, until: number): { readonly zero: number; readonly of: number } {
  // A window that ends as a month begins has that month in their chart as well.
  const last = new Date(until - 1).toISOString()
  const rows = answers.get(name)!.rows.filter(({ month }) => String(month) <= `${last.slice(2, 4)}/${last.slice(5, 7)}`)
  const zero = rows.filter((row) =>
    Object.entries(row).every(([column, value]) => column === 'month' || (value !== null && Number(value) === 0)),
  )
  return { zero: zero.length, of: rows.length }
}

const levelIn = (text: unknown) => /\((low|medium|high|elite)\)/.exec(String(text))?.[1]

/** The band that the overall panel puts each key into, and that of the key's own panel where it is another. */
export function bands(answers: Answers): readonly string[] {
  const own = (['frequency', 'lead', 'failRate', 'recovery'] as const).map((name) => levelIn(shown(answers, name)))
  return answers.get('overall')!.rows.map(({ metric, ...levels }, at) => {
    const level = ['low', 'medium', 'high', 'elite'].find((one) => levels[one] !== null)
    return `${metric} ${level ?? 'none'}${level === own[at] ? '' : ` (its own panel: ${own[at] ?? 'none'})`}`
  })
}
