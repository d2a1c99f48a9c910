/**
 * Tables of the names and columns that DevLake's dashboard reads, filled with the rows. Only columns that say something here.
 */
import type { Client } from 'pg'
import { cycleMinutes, estate, type DeployedRow, type IncidentRow, type RequestRow, type Rows } from './rows.ts'
import type { Band } from './dashboard.ts'

const create = `
  create table projects (name varchar(255) primary key);
  create table project_mapping (project_name varchar(255), "table" varchar(255), row_id varchar(255), primary key (project_name, "table", row_id));
  create table cicd_deployment_commits (
    id varchar(500), commit_sha varchar(255), cicd_scope_id varchar(255), cicd_deployment_id varchar(500), name varchar(255), result varchar(100),
    status varchar(100), environment varchar(255), created_date timestamptz, started_date timestamptz, finished_date timestamptz,
    duration_sec double precision, repo_id varchar(255), repo_url text, primary key (id, commit_sha));
  create index on cicd_deployment_commits (cicd_scope_id);
  create index on cicd_deployment_commits (repo_url);
  create table pull_requests (
    id varchar(255) primary key, base_repo_id text, status varchar(100), created_date timestamptz, merged_date timestamptz, merge_commit_sha varchar(40));
  create index on pull_requests (base_repo_id);
  create table project_pr_metrics (
    id varchar(255), project_name varchar(100), deployment_commit_id varchar(500), pr_coding_time bigint, pr_pickup_time bigint, pr_review_time bigint,
    pr_deploy_time bigint, pr_cycle_time bigint, pr_created_date timestamptz, pr_merged_date timestamptz, pr_deployed_date timestamptz,
    primary key (id, project_name));
  create table incidents (
    id varchar(500) primary key, created_date timestamptz, resolution_date timestamptz, lead_time_minutes bigint, severity varchar(255),
    component varchar(255), "table" varchar(255), scope_id varchar(255));
  create index on incidents ("table", scope_id);
  create table project_incident_deployment_relationships (id varchar(500), project_name varchar(100), deployment_id text, primary key (id, project_name));
  create table calendar_months (month varchar(20) primary key, month_timestamp timestamp);
  create table dora_benchmarks (id int primary key, metric text, low text, medium text, high text, elite text, dora_report text);
`

const environments: Readonly<Record<string, string>> = { production: 'PRODUCTION', staging: 'STAGING' }
const instant = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
type Cell = string | number | null

/** What does not depend on how services are grouped into projects. */
export async function fill(client: Client, { deployments, requests }: Rows, bands: readonly Band[], report: string): Promise<void> {
  await client.query(create)
  await insert(
    client,
    'cicd_deployment_commits (id, commit_sha, cicd_scope_id, cicd_deployment_id, name, result, status, environment, created_date, started_date, finished_date, duration_sec, repo_id, repo_url)',
    deployments.map(deploymentCells),
  )
  await insert(
    client,
    'pull_requests (id, base_repo_id, status, created_date, merged_date, merge_commit_sha)',
    requests.map(({ id, service, commit, created, merged }) => [id, repo(service), 'MERGED', instant(created), instant(merged), commit]),
  )
  const months = Array.from({ length: 12 * 20 }, (_, month) => new Date(Date.UTC(2015, month)).toISOString())
  await insert(
    client,
    'calendar_months (month, month_timestamp)',
    months.map((month) => [`${month.slice(2, 4)}/${month.slice(5, 7)}`, month.slice(0, 10)]),
  )
  await insert(
    client,
    'dora_benchmarks (id, metric, low, medium, high, elite, dora_report)',
    bands.map(({ metric, low, medium, high, elite }, at) => [at + 1, metric, low, medium, high, elite, report]),
  )
}

function deploymentCells({ id, service, environment, at, version }: DeployedRow): readonly Cell[] {
  const time = instant(at)
  const place = environments[environment] ?? 'TESTING'
  return [
    id,
    version.slice(0, 255),
    scope(service),
    id,
    version,
    'SUCCESS',
    'DONE',
    place,
    time,
    time,
    time,
    0,
    repo(service),
    repo(service),
  ]
}

/** How services are grouped: all in one project, or each in its own. What was there of the other is gone. */
export async function group(client: Client, rows: Rows, by: 'estate' | 'service'): Promise<void> {
  const projectOf = (service: string) => (by === 'estate' ? estate : service)
  const services = [...new Set(rows.deployments.map(({ service }) => service))]
  const incidents = by === 'estate' ? rows.ofEstate : rows.ofServices
  await client.query('truncate projects, project_mapping, project_pr_metrics, incidents, project_incident_deployment_relationships')
  await insert(
    client,
    'projects (name)',
    [...new Set(services.map(projectOf))].map((name) => [name]),
  )
  await insert(client, 'project_mapping (project_name, "table", row_id)', mappings(services, projectOf))
  await insert(
    client,
    'project_pr_metrics (id, project_name, deployment_commit_id, pr_coding_time, pr_deploy_time, pr_cycle_time, pr_created_date, pr_merged_date, pr_deployed_date)',
    rows.requests.map((request) => metricCells(request, projectOf(request.service))),
  )
  await insert(client, 'incidents (id, created_date, resolution_date, lead_time_minutes, "table", scope_id)', incidents.map(incidentCells))
  await insert(
    client,
    'project_incident_deployment_relationships (id, project_name, deployment_id)',
    incidents.flatMap(({ id, project, linked }) => (linked === undefined ? [] : [[id, project, linked.id]])),
  )
  await client.query('analyze')
}

const mappings = (services: readonly string[], projectOf: (service: string) => string): readonly (readonly Cell[])[] => [
  ...services.map((service) => [projectOf(service), 'cicd_scopes', scope(service)]),
  ...services.map((service) => [projectOf(service), 'repos', repo(service)]),
  ...[...new Set(services.map(projectOf))].map((project) => [project, 'boards', board(project)]),
]

/** Nobody knows when it was opened or looked at: from its first commit on all is coding, and the sum is the same. */
function metricCells(request: RequestRow, project: string): readonly Cell[] {
  const { id, created, merged, deployed } = request
  const coding = cycleMinutes({ ...request, deployed: undefined })
  const cycle = cycleMinutes(request)
  const deploy = deployed === undefined ? null : cycle - coding
  return [id, project, deployed?.id ?? null, coding, deploy, cycle, instant(created), instant(merged), instant(deployed?.at)]
}

const incidentCells = ({ id, project, created, resolved }: IncidentRow): readonly Cell[] => [
  id,
  instant(created),
  instant(resolved),
  Math.round((resolved - created) / 60_000),
  'boards',
  board(project),
]

const scope = (service: string) => `scope:${service}`
const repo = (service: string) => `repo:${service}`
const board = (project: string) => `board:${project}`

/** @param into - table and columns, of which every row has a cell for each */
async function insert(client: Client, into: string, rows: readonly (readonly Cell[])[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 2000) {
    const some = rows.slice(from, from + 2000)
    const cells: Cell[] = []
    const places = some.map((row) => `(${row.map((cell) => `$${cells.push(cell)}`).join(', ')})`)
    await client.query(`insert into ${into} values ${places.join(', ')}`, cells)
  }
}
