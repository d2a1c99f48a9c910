import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readDefinition } from './read.ts'
import { rendered } from './render.ts'
import { definitionText, faultsOf, judged } from './testing.ts'

const read = (text: string) => readDefinition(text, 'threeways.yaml').definition
const example = readFileSync(new URL('example.yaml', import.meta.url), 'utf8')

describe('a definition is read with everything said', () => {
  it('reads the annotated example', () => {
    const definition = read(example)
    expect(definition.services['web']).toEqual({
      command: ['node', 'dist/server.js'],
      workdir: '.',
      environment: { LOG_LEVEL: 'info' },
      health: { probe: { kind: 'http', path: '/healthz' }, intervalMs: 200, timeoutMs: 2000, retries: 3, startPeriodMs: 10_000 },
      port: 3000,
      dependsOn: { db: 'healthy' },
      stop: { signal: 'SIGTERM', graceMs: 10_000 },
      restart: 'always',
    })
    expect(definition.resources).toEqual({ db: { type: 'postgres', seed: 'db/seed.sql' } })
    expect(definition.artifact.build).toEqual([
      ['npm', 'ci'],
      ['npm', 'run', 'build'],
    ])
    expect(definition.environments['test']).toEqual({
      provider: 'process',
      environment: {},
      parity: ['BANNER', 'LOG_LEVEL'],
      seed: { db: 'db/seed-test.sql' },
    })
    expect(definition.stages.map((stage) => [stage.name, stage.after, stage.deploy.strategy])).toEqual([
      ['dev', [], 'replace'],
      ['test', ['dev'], 'replace'],
      ['production', ['test'], 'blue-green'],
    ])
    expect(definition.checks['smoke']).toEqual({
      command: ['node', 'scripts/smoke.mjs'],
      in: 'environment',
      idempotent: false,
      timeoutMs: 30_000,
      retries: 1,
      report: undefined,
    })
  })

  it('reads whose it is, which makes it no other definition', () => {
    const named = readDefinition(definitionText().replace('version: 1', 'version: 1\n  team: Checkout & Co'), 'threeways.yaml')
    expect(named.team).toBe('Checkout & Co')
    expect(named.definition).toEqual(read(definitionText()))
  })

  it('packs the seeds that environments need, without being asked', () => {
    const services =
      '{db: {provider: {type: threeways, options: {resource: postgres, seed: db/all.sql}}}, web: {x-run: {command: [node, a.js]}}}'
    const environments = '{dev: {seed: {db: fixtures/small.sql}}, production: {}}'
    expect(read(definitionText({ services, environments, artifact: '{pack: [dist]}' })).artifact.pack).toEqual([
      'dist',
      'db/all.sql',
      'fixtures/small.sql',
    ])
    expect(read(definitionText({ services, environments, artifact: '{pack: [db/, fixtures]}' })).artifact.pack).toEqual(['db', 'fixtures'])
  })

  it('has what providers of others make beside its own resources, as part of what runs', () => {
    const services = (options: string) => `{db: {provider: {type: awesomecloud, options: ${options}}}, web: {command: a, depends_on: [db]}}`
    const definition = read(definitionText({ services: services('{size: 256, tag: [a, true], plain: "x"}') }))
    expect(definition.provided).toEqual({ db: { type: 'awesomecloud', options: { size: ['256'], tag: ['a', 'true'], plain: ['x'] } } })
    expect([Object.keys(definition.services), definition.resources]).toEqual([['web'], {}])
    const digestOf = (options: string) => rendered(read(definitionText({ services: services(options) })), 'dev').digest
    expect(digestOf('{size: 256}')).toBe(digestOf('{size: "256"}'))
    expect(digestOf('{size: 256}')).not.toBe(digestOf('{size: 512}'))
    // Candidates that were made before keep their digests.
    expect(read(definitionText())).not.toHaveProperty('provided')
  })

  it('fills in what is left out', () => {
    const definition = read(definitionText())
    expect(definition.services['web']).toMatchObject({
      restart: 'always',
      stop: { signal: 'SIGTERM', graceMs: 10_000 },
      dependsOn: {},
      environment: {},
    })
    expect(definition.services['web']!.health).toMatchObject({ intervalMs: 1000, timeoutMs: 5000, retries: 3, startPeriodMs: 10_000 })
    expect(definition.artifact).toEqual({ build: [], pack: ['.'], reproducible: 'unchecked' })
    expect(definition.stages[0]).toMatchObject({ auto: true, ephemeral: false, rollback: { automatic: true, hold: true } })
    expect(definition.checks['unit']).toMatchObject({ in: 'build', idempotent: false, timeoutMs: 600_000, retries: 0 })
  })

  it('means the same in the short and the long forms of Compose', () => {
    const services = (web: string) =>
      read(definitionText({ services: `{db: {provider: {type: threeways, options: {resource: postgres}}}, web: {${web}}}` })).services
    expect(services('command: node server.js, environment: [A=1, "B=x=y", C=], depends_on: [db], ports: [3000]')).toEqual(
      services(
        'x-run: {command: [node, server.js]}, environment: {A: 1, B: x=y, C: ""}, depends_on: {db: {condition: service_started}}, ports: [{target: 3000, published: 8080, protocol: tcp}]',
      ),
    )
    for (const port of ['"3000"', '"8080:3000"', '"127.0.0.1:8080:3000/tcp"', '":3000"'])
      expect(services(`command: a, ports: [${port}]`)['web']!.port).toBe(3000)
  })

  it('reads the tests of health checks as Compose does', () => {
    const probe = (test: string) =>
      read(definitionText({ services: `{web: {command: a, healthcheck: {test: ${test}}}}` })).services['web']!.health!.probe
    expect(probe('["CMD", "node", "x.js"]')).toEqual({ kind: 'command', command: ['node', 'x.js'] })
    expect(probe('["CMD-SHELL", "a || b"]')).toEqual({ kind: 'command', command: ['/bin/sh', '-c', 'a || b'] })
    expect(probe('a || b')).toEqual({ kind: 'command', command: ['/bin/sh', '-c', 'a || b'] })
  })

  it('keeps what only containers use, and leaves the keys of other tools alone', () => {
    const text = definitionText({ services: '{web: {command: a, image: shop, build: {context: .}, x-other: 1}}' })
    expect(read(`${text}x-env: &e {A: b}\n`).services['web']!.container).toEqual({ image: 'shop', build: { context: '.' } })
    expect(readDefinition(`${text}x-env: 1\n`, 'f').document).toHaveProperty('x-env', 1)
  })

  it('knows where each value stands', () => {
    const { positions } = readDefinition(example, 'threeways.yaml')
    const line = example.split('\n').findIndex((each) => each.includes('strategy: blue-green'))
    expect(positions.at('/x-threeways/pipeline/stages/2/deploy/strategy')).toEqual({
      file: 'threeways.yaml',
      line: line + 1,
      column: example.split('\n')[line]!.indexOf('blue-green') + 1,
    })
    expect(positions.at('/services/web/no/such')).toMatchObject({ line: example.split('\n').indexOf('  web:') + 1, column: 3 })
  })
})

const service = (text: string) => definitionText({ services: `{web: {${text}}}` })
const nameRule = 'should be lower case letters, digits and dashes, begin with a letter and have at most 40 characters'
const notHonoured = 'is valid in Compose, but not honoured'

/** `▸` marks where each fault must stand. */
const refusals: readonly (readonly [string, string, ...string[]])[] = [
  ['an unknown key', service('command: a, ▸dependson: [b]'), 'unknown key "dependson"'],
  [
    'keys of Compose that nothing here honours',
    service('command: a, ▸networks: [x], deploy: {▸update_config: {}}'),
    `"networks" ${notHonoured} by processes`,
    `"update_config" ${notHonoured} by processes`,
  ],
  ['a slip in one of our own extensions', service('▸x-rn: {command: a}, command: b'), 'unknown key "x-rn"'],
  [
    'a duration without a unit',
    service('command: a, healthcheck: {test: a, interval: ▸5}'),
    'should be a duration: a number and a unit (ms, s, m, h)',
  ],
  ['a duration no timer can hold', service('command: a, stop_grace_period: ▸25d'), 'should be at least 0ms and at most 24h'],
  ['a busy loop', service('command: a, healthcheck: {test: a, interval: ▸0s}'), 'should be at least 10ms and at most 24h'],
  ['a command for a shell', service('command: npm ci ▸&& npm start'), '"&&" needs a shell, and commands run without one'],
  ['an empty command', service('▸command: []'), 'names no program'],
  ['a wrong form', service('▸command: {a: b}'), 'should be text or a list, got a map of keys'],
  ['nothing where something should be', service('command: a, environment: ▸~'), 'should be a map of keys or a list, got nothing'],
  ['a variable without a value', service('command: a, environment: [▸HOME]'), '"HOME" has no value'],
  [
    'a variable name no process can have',
    service('command: a, environment: {▸a-b: c}'),
    'the name "a-b" should be a variable name: letters, digits and "_", not beginning with a digit',
  ],
  ['two ports', service('command: a, ▸ports: [1, 2]'), `has more than one port, which ${notHonoured}: a service has one`],
  ['a range of ports', service('command: a, ports: [▸"3000-3005"]'), `${notHonoured}: a service has one TCP port`],
  ['udp', service('command: a, ports: [▸"53/udp"]'), `${notHonoured}: a service has one TCP port`],
  ['a port out of range', service('command: a, ports: [▸70000]'), 'should be at most 65535, got 70000'],
  ['no port at all', service('command: a, ports: [▸http]'), 'is not a port'],
  ['a restart of Compose', service('command: a, restart: ▸unless-stopped'), notHonoured],
  ['an unknown restart', service('command: a, restart: ▸alway'), 'should be one of "always", "on-failure", "no", got "alway"'],
  [
    'a dependency without its condition, which Compose asks for',
    definitionText({ services: '{a: {command: a}, b: {command: b, depends_on: {▸a: {}}}}' }),
    '"condition" is missing',
  ],
  ['a number among the words of a command', service('command: [sleep, ▸5]'), 'should be text, got 5'],
  [
    'a dependency that ends',
    definitionText({ services: '{a: {command: a}, b: {command: b, depends_on: {a: {condition: ▸service_completed_successfully}}}}' }),
    `${notHonoured}: services are not waited for until they end`,
  ],
  ['a folder outside', service('x-run: {command: a, workdir: ▸../b}'), 'leads out of the repository'],
  [
    'a seed outside',
    definitionText({
      services: '{db: {provider: {type: threeways, options: {resource: postgres, seed: ▸/etc/passwd}}}, web: {command: a}}',
    }),
    'is an absolute path',
  ],
  [
    'a provider that is a path, or Compose itself',
    definitionText({ services: '{db: {provider: {type: ▸./aws}}, s3: {provider: {type: ▸compose}}, web: {command: a}}' }),
    'should be threeways, or the name of a provider: no path, and not "compose"',
    'should be threeways, or the name of a provider: no path, and not "compose"',
  ],
  [
    'options that no program could be given',
    definitionText({ services: '{db: {provider: {type: aws, options: {▸-x: a, ▸size: {a: 1}, ok: [1, true]}}}, web: {command: a}}' }),
    'the name "-x" should be the name of an option: letters, digits, ".", "_" and "-", beginning with a letter',
    'should be text or a number or true or false or a list, got a map of keys',
  ],
  [
    'a resource of a kind we do not have',
    definitionText({ services: '{db: {provider: {type: threeways, options: {resource: ▸s3, ▸sed: a}}}, web: {command: a}}' }),
    'should be "postgres", got "s3"',
    'unknown key "sed"',
  ],
  [
    'a seed for what others provide',
    definitionText({
      services: '{db: {provider: {type: aws}}, web: {command: a}}',
      environments: '{dev: {seed: {▸db: a.sql}}, production: {}}',
    }),
    'there is no resource "db" to seed',
  ],
  ['a service name that cannot be a host', definitionText({ services: '{▸Web_1: {command: a}}' }), `the name "Web_1" ${nameRule}`],
  ['a name every object has', definitionText({ services: '{▸constructor: {command: a}}' }), `the name "constructor" ${nameRule}`],
  ['a name that is too long', definitionText({ stages: `[{name: ▸${'a'.repeat(41)}}]` }), nameRule],
  [
    'paths that leave the repository',
    definitionText({ artifact: '{pack: [▸../x, ▸/y, ▸"a/../../b", ▸"dist/*", ▸.git/config, ▸"a\\\\b", ▸""]}' }),
    'leads out of the repository',
    'is an absolute path',
    'leads out of the repository',
    'is a pattern',
    'lies in ".git", which is not part of a candidate',
    'holds a backslash',
    'names no file',
  ],
  ['an artifact of nothing', definitionText({ artifact: '{▸pack: []}' }), 'names nothing: an artifact needs at least one path'],
  [
    'an artifact that is missing its paths',
    definitionText({ artifact: '{build: []}' }).replace('artifact', '▸artifact'),
    '"pack" is missing',
  ],
  ['a report outside', definitionText({ checks: '{unit: {run: a, report: ▸../x.xml}}' }), 'leads out of the repository'],
  ['too many retries', definitionText({ checks: '{unit: {run: a, retries: ▸11}}' }), 'should be at most 10, got 11'],
  ['half a retry', definitionText({ checks: '{unit: {run: a, retries: ▸1.5}}' }), 'should be a whole number, got 1.5'],
  ['a truth value as text', definitionText({ checks: '{unit: {run: a, idempotent: ▸yes}}' }), 'should be true or false, got "yes"'],
  [
    'keys every object has',
    definitionText().replace('version: 1', 'version: 1\n  ▸constructor: {toString: 1}\n  ▸valueOf: 2'),
    'unknown key "constructor"',
    'unknown key "valueOf"',
  ],
  ['no stages', definitionText({ stages: '[]' }).replace('stages', '▸stages'), 'has no stage'],
  [
    'a team without a name',
    definitionText().replace('version: 1', 'version: 1\n  team: ▸""'),
    'should be one line of at most 100 characters, without blanks around it',
  ],
  [
    'a team of two lines',
    definitionText().replace('version: 1', 'version: 1\n  team: ▸"a\\nb"'),
    'should be one line of at most 100 characters, without blanks around it',
  ],
  ['a later version of the format', definitionText().replace('version: 1', 'version: ▸2'), 'should be 1, got 2'],
  ['checks below the pipeline', definitionText().replace('pipeline: {', 'pipeline: {▸checks: {}, '), '"checks" does not stand here'],
  ['no x-threeways', '▸name: a\nservices: {web: {command: a}}\n', '"x-threeways" is missing'],
]

describe('what a definition may not say', () => {
  it.each(refusals)('%s', (_, text, ...messages) => {
    const { found, expected } = judged(text, messages)
    expect(found).toEqual(expected)
  })

  it('tells every fault at once, in the order of the file, each with what to do', () => {
    const text = service('comand: a, networks: [x], ports: ["1", "2"], environment: {A: 1.10, A-B: 1}').replace('version: 1', 'version: $V')
    const faults = faultsOf(`${text}x-treeways: 1\n`)
    expect(faults.map((fault) => fault.line)).toEqual([2, 2, 2, 2, 2, 2, 4, 9])
    for (const fault of faults) {
      expect(fault.help).toBeTruthy()
      expect(fault.value).toBeTruthy()
      expect(fault.file).toBe('threeways.yaml')
    }
  })

  it('says what was likely meant', () => {
    expect(faultsOf(service('command: a, dependson: []'))[0]!.help).toBe('did you mean "depends_on"?')
    expect(faultsOf(service('command: a, restart: alway'))[0]!.help).toBe('did you mean "always"?')
    expect(faultsOf(service('command: a && b'))[0]!.help).toContain('["sh", "-c", "a && b"]')
    expect(faultsOf(service('command: a, healthcheck: {test: a, interval: 5}'))[0]!.help).toBe('for example 5s or 5ms')
  })

  it('names the place, the path and the number of other faults in its message', () => {
    expect(() => read(service('comand: a, networks: []'))).toThrow(
      /^threeways\.yaml:2:12: services\/web: service "web" does not say how it runs.* \(and 2 more\)$/,
    )
  })
})
