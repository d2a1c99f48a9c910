/**
 * The queries of a Grafana dashboard, as somebody's file has them. None of them is part of this repository.
 */
import { readFile } from 'node:fs/promises'

/** What keeps the comparison from being made; told in a sentence, without a stack. */
export class NotThere extends Error {}

export type Panel = { readonly title: string; readonly kind: string; readonly sql: string }

/** What Grafana puts in the place of its macros and variables. */
export type Literals = { readonly since: string; readonly until: string; readonly project: string; readonly report: string }

/** Panels that are measured, by what they are called here: their title and kind there. */
const wanted = {
  overall: ['Overall DORA Metrics', 'table'],
  frequency: ['Deployment Frequency', 'stat'],
  lead: ['Median Lead Time for Changes In Hours', 'stat'],
  failRate: ['Change Failure Rate', 'stat'],
  recovery: ['${title_value} In Hours', 'stat'],
  monthlyFrequency: ['Monthly deployments', 'barchart'],
  monthlyLead: ['Median Lead Time for Changes', 'barchart'],
  monthlyFailRate: ['Change Failure Rate', 'barchart'],
  monthlyRecovery: ['${title_value}', 'barchart'],
} as const
export type PanelName = keyof typeof wanted
export const panelNames = Object.keys(wanted) as PanelName[]

/** @throws NotThere when there is no such file, or it is not that dashboard */
export async function readDashboard(file: string): Promise<ReadonlyMap<PanelName, Panel>> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new NotThere(
      `${file} cannot be read (${cause.code}): --dashboard names grafana/dashboards/postgresql/DORA.json of Apache DevLake's repository`,
    )
  })
  const panels = panelsOf(parsed(text, file))
  return new Map(
    panelNames.map((name) => {
      const [title, kind] = wanted[name]
      const panel = panels.find((one) => one.title.trim() === title && one.kind === kind)
      if (panel === undefined) throw new NotThere(`${file} has no panel "${title}" (${kind}): it is not the DORA dashboard for PostgreSQL`)
      return [name, panel]
    }),
  )
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotThere(`${file} is not JSON: --dashboard names the dashboard's file as it is in DevLake's repository`)
  }
}

function panelsOf(dashboard: unknown): readonly Panel[] {
  const { panels } = Object(dashboard) as { panels?: unknown }
  if (!Array.isArray(panels)) return []
  return panels.flatMap((panel): Panel[] => {
    const { title, type, targets } = Object(panel) as { title?: unknown; type?: unknown; targets?: readonly { rawSql?: unknown }[] }
    const sql = Array.isArray(targets) ? targets[0]?.rawSql : undefined
    return typeof title === 'string' && typeof type === 'string' && typeof sql === 'string' ? [{ title, kind: type, sql }] : []
  })
}

/** The query as Grafana would send it: nothing else of it is touched. @throws NotThere when something is left that Grafana would replace */
export function withLiterals({ title, sql }: Panel, { since, until, project, report }: Literals): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
  const [from, to] = [quoted(since), quoted(until)]
  const replaced = sql
    .replaceAll('$__timeFrom()', from)
    .replaceAll('$__timeTo()', to)
    .replaceAll(/\$__timeFilter\(([^()]+)\)/g, (_, column: string) => `${column} BETWEEN ${from} AND ${to}`)
    .replaceAll('${project:csv}', project.replaceAll("'", "''"))
    .replaceAll('${project:singlequote}', quoted(project))
    .replaceAll(/\$\{dora_report(?::raw)?\}|\$dora_report\b/g, report)
    .replaceAll('${title_value}', 'Recovery Time')
  const left = /\$__\w+|\$\{[^}]*\}/.exec(replaced)
  if (left !== null) throw new NotThere(`the panel "${title}" uses ${left[0]}, which is not known here`)
  return replaced
}

export type Band = { readonly metric: string; readonly low: string; readonly medium: string; readonly high: string; readonly elite: string }

/** The bands that the overall panel compares with, which stand in a table of theirs: read out of the panel's own query, those it names first (2023). */
export function bandsOf({ sql }: Panel): readonly Band[] {
  const [, ...parts] = sql.split(/'([^']+)' AS metric/)
  return parts.flatMap((metric, at) => {
    if (at % 2 === 1) return []
    const found = new Map<string, string>()
    for (const [, text, level] of parts[at + 1]!.matchAll(/'([^']*\((low|medium|high|elite)\))'/g))
      if (!found.has(level!)) found.set(level!, text!)
    const [low, medium, high, elite] = ['low', 'medium', 'high', 'elite'].map((level) => found.get(level) ?? '')
    return [{ metric, low: low!, medium: medium!, high: high!, elite: elite! }]
  })
}
