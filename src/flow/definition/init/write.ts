import { canonicalJson } from '../../../kernel/digest.ts'
import { splitWords } from '../words.ts'
import type { Draft, DraftHealth, DraftService, LeftOut } from './draft.ts'

/** Writes a draft as `threeways.yaml`, with comments that say where each part comes from. */
export function write(draft: Draft, leftOut: readonly LeftOut[]): string {
  const sources = [...new Set([...draft.services, ...draft.resources, ...draft.build, ...draft.checks].map(({ from }) => from))]
  return [
    comment(`Proposed by \`threeways init\`${sources.length === 0 ? '' : ` from ${sources.join(', ')}`}. Read it, correct it, commit it.`),
    ...(leftOut.length === 0
      ? []
      : ['#', comment('Left out:'), ...leftOut.map(({ what, from, why }) => comment(`- ${what} (${from}): ${why}`))]),
    `name: ${scalar(draft.name)}`,
    '',
    ...(draft.services.length + draft.resources.length === 0 ? noServices : ['services:']),
    ...draft.resources.flatMap(({ name, from, seed }) => [
      `  ${comment(from)}`,
      `  ${name}:`,
      `    provider: {type: threeways, options: ${flow({ resource: 'postgres', ...(seed === undefined ? {} : { seed }) })}}`,
    ]),
    ...draft.services.flatMap(serviceLines),
    '',
    'x-threeways:',
    '  version: 1',
    ...artifactLines(draft),
    ...(Object.keys(draft.tools).length === 0 ? [] : [`  tools: ${flow(draft.tools)}`]),
    ...environmentLines(draft),
    ...checkLines(draft),
    ...pipelineLines(draft),
    '',
  ].join('\n')
}

const noServices = [
  comment('No command was found that starts a service. Add one, then environments for it, for example'),
  comment('  web: {x-run: {command: [node, server.js]}, ports: ["3000"], healthcheck: {x-http: /healthz}}'),
  'services: {}',
]

function serviceLines(service: DraftService): readonly string[] {
  const { name, from, command, workdir, port, environment, health, dependsOn, stop } = service
  const run = { command: written(command), ...(workdir === '.' ? {} : { workdir }), ...(Object.keys(stop).length === 0 ? {} : { stop }) }
  const waits = Object.fromEntries(
    dependsOn.map((each) => [each.name, { condition: each.healthy ? 'service_healthy' : 'service_started' }]),
  )
  return [
    `  ${comment(from)}`,
    `  ${name}:`,
    `    x-run: ${flow(run)}`,
    ...(dependsOn.length === 0 ? [] : [`    depends_on: ${flow(waits)}`]),
    ...(Object.keys(environment).length === 0
      ? []
      : ['    environment:', ...Object.entries(environment).map(([key, value]) => `      ${scalar(key)}: ${scalar(value)}`)]),
    ...(port === undefined
      ? []
      : [`    ports: ["${port}"]${port === undefined ? '' : '   # as a process it must listen on 127.0.0.1 at the port in PORT'}`]),
    ...(health === undefined ? missingHealth(port) : [`    healthcheck: ${flow(healthOf(health))}`]),
  ]
}

/** A suggestion, not a guess: a wrong path would keep the service from ever being healthy. */
function missingHealth(port: number | undefined): readonly string[] {
  return port === undefined
    ? []
    : ['    # With a health check, traffic moves to a new candidate without a failed request:', '    # healthcheck: {x-http: /healthz}']
}

function healthOf({ probe, interval, timeout, startPeriod, retries }: DraftHealth): Readonly<Record<string, unknown>> {
  return {
    ...('http' in probe ? { 'x-http': probe.http } : { test: probe.test }),
    ...(interval === undefined ? {} : { interval }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { retries }),
    ...(startPeriod === undefined ? {} : { start_period: startPeriod }),
  }
}

function artifactLines({ build, hints }: Draft): readonly string[] {
  return [
    '  artifact:',
    ...(hints.length === 0
      ? []
      : [
          '    # The image is built with these; those that belong to the project belong into the build:',
          ...hints.map(({ command }) => `    ${comment(`  ${command}`)}`),
        ]),
    ...(build.length === 0
      ? ['    build: []']
      : ['    build:', ...build.map(({ command, from }) => `      - ${flow(written(command))}   ${comment(from)}`)]),
    '    pack: ["."]   # everything in the checkout after the build; name less to make it smaller',
    '    # reproducible: required   # builds twice and shows which files differ',
  ]
}

function environmentLines({ services }: Draft): readonly string[] {
  if (services.length === 0) return []
  return [
    '  environments:',
    '    # Names of variables that may differ between environments; nothing else may.',
    '    defaults: {parity: []}',
    '    dev: {}',
    '    test: {}',
    '    production: {}',
  ]
}

function checkLines({ checks }: Draft): readonly string[] {
  if (checks.length === 0) return ['  checks: {}   # no tests were found: {unit: {run: npm test, report: junit.xml}}']
  return [
    '  checks:',
    ...checks.map(
      ({ name, from, command, in: where }) =>
        `    ${name}: ${flow({ run: written(command), ...(where === 'build' ? { idempotent: true } : { in: where }) })}   ${comment(from)}`,
    ),
  ]
}

function pipelineLines({ services, checks }: Draft): readonly string[] {
  const build = checks.filter((check) => check.in === 'build').map(({ name }) => name)
  const smoke = checks.filter(({ name, in: where }) => where === 'environment' && name === 'smoke').map(({ name }) => name)
  const integration = checks.filter((check) => check.in === 'environment' && !smoke.includes(check.name)).map(({ name }) => name)
  const stage = (fields: Readonly<Record<string, unknown>>) => `      - ${flow(fields)}`
  const lines = ['  pipeline:', '    stages:']
  if (services.length === 0) return [...lines, stage({ name: 'dev', checks: build })]
  const servers = services.filter(({ port }) => port !== undefined)
  const strategy = servers.length > 0 && servers.every(({ health }) => health !== undefined) ? 'blue-green' : 'replace'
  return [
    ...lines,
    stage({ name: 'dev', environment: 'dev', ephemeral: true, checks: build }),
    stage({ name: 'test', after: ['dev'], environment: 'test', checks: integration }),
    stage({ name: 'production', after: ['test'], environment: 'production', deploy: { strategy }, smoke, auto: true }),
    '        # auto: false waits for a person before production',
  ]
}

/** A command as people write it, when splitting it gives the same words back. */
function written(command: readonly string[]): string | readonly string[] {
  const text = command.join(' ')
  const split = splitWords(text)
  return 'words' in split && canonicalJson(split.words) === canonicalJson(command) ? text : command
}

/** A value in YAML's flow form. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, member]) => `${scalar(key)}: ${flow(member)}`)
      .join(', ')}}`
  return typeof value === 'string' ? scalar(value) : String(value)
}

// Words YAML reads as something else than text.
const otherwise = /^(true|false|null|yes|no|on|off|y|n|~|\.inf|\.nan)$/i

/** Text, in quotes where YAML would read something else; a dollar sign is doubled, as Compose asks. */
function scalar(text: string): string {
  if (/^[A-Za-z_./][\w./@+-]*(?:[ :][\w./@+-]+)*$|^\d+(?:ms|s|m|h)$/.test(text) && !otherwise.test(text)) return text
  return JSON.stringify(text)
    .replaceAll('$', '$$$$')
    .replaceAll('\u007f', '\\u007f')
    .replaceAll('\ufeff', '\\ufeff')
    .replaceAll('\u0085', '\\u0085')
}

/** One line of comment, whatever the text holds. */
function comment(text: string): string {
  const line = text
    .replaceAll(/[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffd]+/g, ' ')
    .toWellFormed()
    .trimEnd()
  return `# ${line.length > 160 ? `${line.slice(0, 159).toWellFormed()}…` : line}`.replaceAll('\ufffd', '?')
}
