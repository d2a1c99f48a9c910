/** Asks both and prints them side by side, with the way from one number to the other. */
import type { Client } from 'pg'
import type { KeysView } from '../../src/flow/measures/keys/schemas.ts'
import { sharedServices } from '../git/shared.ts'
import { failRateBridge, frequencyBridge, isExplained, leadBridge, recoveryBridge, rightLinks, type Bridge, type Span } from './bridge.ts'
import { panelNames, type Literals, type Panel, type PanelName } from './dashboard.ts'
import type { Ours } from './ours.ts'
import { estate, type IncidentRow, type Rows } from './rows.ts'
import { rules } from './rules.ts'
import { askPanels, bands, shown, zeroMonths, type Answers } from './theirs.ts'

export type Both = {
  readonly theirs: Client
  readonly panels: ReadonlyMap<PanelName, Panel>
  readonly literals: Omit<Literals, 'project'>
  readonly ours: Ours
  readonly rows: Rows
  readonly span: Span
  readonly times: number
}

/** What ours says of a project. Times in milliseconds. */
type Said = {
  readonly project: string
  readonly title: string
  readonly keys: KeysView
  readonly keysMs: number
  readonly firstMs: number
  readonly lead: Bridge
  readonly leadMs: number
  readonly incidents: readonly IncidentRow[]
}

/** All services as one project. @returns whether every difference is explained */
export async function compareEstate(both: Both): Promise<boolean> {
  const { ours, rows, span } = both
  const { value, ms, firstMs } = await ours.keys()
  const changes = (await Promise.all(sharedServices.map((service) => changesOf(ours, service)))).flatMap((one) => one.changes)
  const { lead } = value.estate
  const first = {
    ms: lead?.p50.value,
    text: `versions from where they were first seen, ${lead?.ended ?? 0} of ${lead?.count ?? 0} arrived`,
  }
  return compare(both, {
    project: estate,
    title: 'all services in one project',
    keys: value.estate,
    keysMs: ms,
    firstMs,
    lead: leadBridge(first, changes, rows.requests, span, false),
    leadMs: ms,
    incidents: rows.ofEstate,
  })
}

/** One service, which is a project as every other one is. @returns whether every difference is explained */
export async function compareService(both: Both, service: string): Promise<boolean> {
  const { ours, rows, span } = both
  const { value, ms, firstMs } = await ours.keysOf(service)
  const { changes, first, ms: leadMs } = await changesOf(ours, service)
  const requests = rows.requests.filter((one) => one.service === service)
  return compare(both, {
    project: service,
    title: `${service}, every service a project`,
    keys: value,
    keysMs: ms,
    firstMs,
    lead: leadBridge(first, changes, requests, span, true),
    leadMs,
    incidents: rows.ofServices.filter(({ project }) => project === service),
  })
}

async function changesOf(ours: Ours, service: string) {
  const { value, ms } = await ours.flowOf(service)
  const { changes, asOf } = value
  const text = `changes from their first commit, ${changes?.reached ?? 0} of ${changes?.changes ?? 0} arrived, ${changes?.before ?? 0} from before the record left out`
  return { ms, changes: (changes?.rows ?? []).map((row) => ({ ...row, asOf })), first: { ms: changes?.fromBegun.p50.value, text } }
}

type Line = { readonly name: string; readonly panel: PanelName; readonly unit: string; readonly ms: number; readonly bridge: Bridge }

async function compare(both: Both, said: Said): Promise<boolean> {
  const { theirs, panels, literals, rows, span, times } = both
  const { project, keys, keysMs: ms, incidents } = said
  const answers = await askPanels(theirs, panels, { ...literals, project }, times)
  const production = rows.deployments.filter(
    ({ environment, service }) => environment === 'production' && (project === estate || project === service),
  )
  const lines: readonly Line[] = [
    { name: 'deployment frequency', panel: 'frequency', unit: 'a week', ms, bridge: frequencyBridge(keys, production, span) },
    { name: 'change lead time', panel: 'lead', unit: 'h', ms: said.leadMs, bridge: said.lead },
    { name: 'change fail rate', panel: 'failRate', unit: '%', ms, bridge: failRateBridge(keys, production, incidents, span) },
    { name: 'recovery time', panel: 'recovery', unit: 'h', ms, bridge: recoveryBridge(keys, incidents, span) },
  ]
  const told = project === estate ? rows.ofEstate : rows.ofServices
  console.log(`\n${said.title}; ${told.length} incidents in all projects`)
  const explained = lines.map((line) => printLine(line, answers))
  printRest(answers, said, span)
  return explained.every(Boolean)
}

function printLine({ name, panel, unit, ms, bridge }: Line, answers: Answers): boolean {
  const printed = shown(answers, panel)
  const value = ({ value: number, unit: own = unit }: Bridge[number]) =>
    number === undefined ? 'nothing' : `${number.toFixed(unit === '%' ? 2 : 1)} ${own}`
  const [first] = bridge
  // A rule that changes nothing here explains nothing.
  const steps = bridge.filter((step, at) => at > 0 && value(step) !== value(bridge[at - 1]!))
  console.log(`  ${name.padEnd(22)}DevLake  ${printed} in ${answers.get(panel)!.ms.toFixed(0)} ms`)
  console.log(`  ${' '.repeat(22)}here     ${value(first!)} in ${ms.toFixed(0)} ms: ${first!.text}`)
  for (const step of steps) console.log(`  ${' '.repeat(22)}  → ${value(step).padEnd(13)} ${rules[step.rule!]} (${step.text})`)
  const isDone = isExplained(bridge, printed)
  if (!isDone) console.log(`  ${' '.repeat(22)}  NOT EXPLAINED: ${value(bridge.at(-1)!)} is not ${printed}`)
  return isDone
}

function printRest(answers: Answers, { keysMs, firstMs, incidents }: Said, span: Span): void {
  const { right, of } = rightLinks(incidents, span)
  const [lead, recovery] = (['monthlyLead', 'monthlyRecovery'] as const).map((name) => zeroMonths(answers, name, span.until))
  const all = panelNames.reduce((sum, name) => sum + answers.get(name)!.ms, 0)
  console.log(`  ${rules.latest}: ${right} of ${of} incidents were of a deployment that was undone`)
  console.log(`  ${rules.zero}: ${lead!.zero} of ${lead!.of} months of lead time, ${recovery!.zero} of ${recovery!.of} of recovery`)
  console.log(`  overall panel: ${bands(answers).join(', ')}`)
  console.log(`  all nine panels ${all.toFixed(0)} ms, all five keys here ${keysMs.toFixed(0)} ms, the first time ${firstMs.toFixed(0)} ms`)
}
