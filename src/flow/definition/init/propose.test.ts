import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clueReaders } from '../../../server/init-project.ts'
import type { Definition } from '../definition.ts'
import { readDefinition } from '../read.ts'
import { projectWith } from './clues.contract.ts'
import { proposeDefinition, type Proposal } from './propose.ts'

function propose(files: Readonly<Record<string, string>>, folder = 'shop'): Proposal & { readonly definition: Definition } {
  const proposal = proposeDefinition(projectWith(files, folder), clueReaders)
  return { ...proposal, definition: readDefinition(proposal.yaml, 'threeways.yaml').definition }
}

const packageJson = (json: object) => ({ 'package.json': JSON.stringify(json), 'package-lock.json': '{}' })

describe('a proposal', () => {
  it('for a Node service with a database names everything and says what was guessed', () => {
    const { definition, guesses } = propose({
      ...packageJson({
        name: 'parts',
        scripts: {
          start: 'node dist/server.js',
          build: 'tsc',
          test: 'vitest run',
          'test:integration': 'vitest run int',
          smoke: 'node smoke.js',
        },
        dependencies: { pg: '8' },
      }),
      'db/schema.sql': '',
    })
    expect(definition.name).toBe('parts')
    expect(definition.services['web']).toMatchObject({
      command: ['node', 'dist/server.js'],
      port: 3000,
      dependsOn: { database: 'healthy' },
    })
    expect(definition.resources).toEqual({ database: { type: 'postgres', seed: 'db/schema.sql' } })
    expect(definition.artifact.build).toEqual([
      ['npm', 'ci'],
      ['npm', 'run', 'build'],
    ])
    expect(definition.tools).toEqual({ node: '24' })
    expect(definition.stages.map(({ name, checks, smoke }) => [name, checks, smoke])).toEqual([
      ['dev', ['unit'], []],
      ['test', ['integration'], []],
      ['production', [], ['smoke']],
    ])
    expect(guesses).toContainEqual({ what: 'web runs `node dist/server.js`', from: 'package.json', sure: true })
    expect(guesses).toContainEqual({ what: 'web listens on the port in PORT (3000 in a container)', from: 'package.json', sure: false })
  })

  it('for a Compose file calls a database after the variable that names it, and leaves out what an environment gives', () => {
    const { definition, leftOut, yaml } = propose({
      ...packageJson({ scripts: { start: 'node server.js' } }),
      'compose.yaml': `services:
  web:
    build: .
    ports: ["8080:3000"]
    environment: {DATABASE_URL: "postgres://app@pg:5432/app", PGHOST: pg, PORT: 3000, LOG: info, API: "http://api:4000/", PRICE: 5$$}
    depends_on: {pg: {condition: service_healthy}, api: {condition: service_healthy}, cache: {}}
    healthcheck: {test: curl -f http://localhost:3000/healthz || exit 1, interval: 5s}
  api: {build: ./api, command: "sh -c 'node api.js | tee log'", expose: [4000]}
  pg: {image: "postgres:18"}
  cache: {image: redis}
`,
    })
    expect(Object.keys(definition.resources)).toEqual(['database'])
    expect(definition.services['web']).toMatchObject({
      command: ['node', 'server.js'],
      port: 3000,
      environment: { LOG: 'info', PRICE: '5$' },
      health: { probe: { kind: 'http', path: '/healthz' }, intervalMs: 5000 },
      dependsOn: { database: 'healthy', api: 'started' },
    })
    expect(definition.services['api']).toMatchObject({ workdir: 'api', command: ['sh', '-c', 'node api.js | tee log'], port: 4000 })
    expect(leftOut.map(({ what }) => what)).toEqual([
      'the service cache',
      'the variable DATABASE_URL of web',
      'the variable PGHOST of web',
      'the variable PORT of web',
      'the variable API of web',
    ])
    expect(yaml).toContain('# - the variable API of web (compose.yaml): the address of api arrives as API_URL')
    // api is called and has no health check: traffic cannot be moved by it.
    expect(definition.stages.at(-1)!.deploy.strategy).toBe('replace')
  })

  it('moves traffic without a failed request where every server tells its health', () => {
    const { definition } = propose({
      Dockerfile:
        'FROM python:3\nWORKDIR /app\nRUN pip install -r requirements.txt\nENV MODE=fast\nEXPOSE 8000\nHEALTHCHECK CMD curl http://127.0.0.1:8000/up\nCMD gunicorn app:app --bind 0.0.0.0:$PORT\n',
    })
    expect(definition.stages.at(-1)!.deploy.strategy).toBe('blue-green')
    expect(definition.services['web']).toMatchObject({
      command: ['sh', '-c', 'gunicorn app:app --bind 0.0.0.0:$PORT'],
      port: 8000,
      environment: { MODE: 'fast' },
      health: { probe: { kind: 'http', path: '/up' } },
    })
  })

  it('takes a hint from an image without claiming it', () => {
    const { yaml, guesses, definition } = propose({
      Dockerfile: 'FROM python:3\nRUN pip install -r requirements.txt\nCMD ["python", "app.py"]\n',
    })
    expect(yaml).toContain('#   pip install -r requirements.txt')
    expect(guesses).toContainEqual({ what: 'the build may need: pip install -r requirements.txt', from: 'Dockerfile', sure: false })
    expect(definition.artifact.build).toEqual([])
  })

  it('reads a Procfile; a service named in two files is one', () => {
    const { definition } = propose({
      Procfile: 'web: bundle exec puma -p $PORT\nworker: bundle exec sidekiq\nrelease: rake db:migrate\n',
      Dockerfile: 'FROM ruby:3\nENV RACK_ENV=production\nEXPOSE 3000\nCMD ["puma"]\n',
    })
    expect(Object.keys(definition.services)).toEqual(['web', 'worker'])
    expect(definition.services['web']).toMatchObject({
      command: ['sh', '-c', 'bundle exec puma -p $PORT'],
      port: 3000,
      environment: { RACK_ENV: 'production' },
    })
    expect(definition.services['worker']).toMatchObject({ command: ['bundle', 'exec', 'sidekiq'], port: undefined })
  })

  it('finds the services of a monorepo', () => {
    const { definition } = propose({
      ...packageJson({ name: 'all', workspaces: ['apps/*'] }),
      'apps/shop/package.json': '{"name": "@all/shop", "scripts": {"start": "node index.js", "test": "vitest"}}',
      'apps/admin_ui/package.json': '{"scripts": {"start": "next start"}}',
    })
    expect(Object.entries(definition.services).map(([name, { workdir, command }]) => [name, workdir, command])).toEqual([
      ['shop', 'apps/shop', ['node', 'index.js']],
      ['admin-ui', 'apps/admin_ui', ['npm', 'start']],
    ])
  })

  it('for a library only checks', () => {
    const { definition } = propose(packageJson({ name: 'lib', scripts: { test: 'vitest run' } }))
    expect(definition.services).toEqual({})
    expect(definition.stages).toMatchObject([{ name: 'dev', environment: undefined, checks: ['unit'] }])
  })

  it('for nothing at all is still a definition to begin with', () => {
    const { definition, yaml } = propose({}, '42 Ünïcode & Co.')
    expect(definition.name).toBe('unicode-co')
    expect(yaml).toContain('No command was found that starts a service')
    expect(propose({}, '日本').definition.name).toBe('my-service')
  })

  it('breaks a circle of dependencies, and says where', () => {
    const { definition, leftOut } = propose({
      'compose.yaml': 'services:\n  a: {build: ., command: a, depends_on: [b]}\n  b: {build: ., command: b, depends_on: [a, b]}\n',
    })
    expect(definition.services['a']!.dependsOn).toEqual({})
    expect(definition.services['b']!.dependsOn).toEqual({ a: 'started' })
    expect(leftOut[0]!.what).toBe('that a depends on b')
  })
})

it('is valid whatever the files say', () => {
  const odd = fc.constantFrom(
    'a',
    'web',
    'constructor',
    '__proto__',
    '${X}',
    '$$',
    '"',
    "'",
    '#',
    ': ',
    '\n',
    '\0',
    '\ud800',
    '\u2028',
    '🙂',
    'yes',
    '1.10',
    '-',
    '/',
    '../x',
    'a && b',
    '*',
    '[',
    '{',
    'PORT',
    'X_URL',
    'postgres://db:1/',
    'http://web/',
    'THREEWAYS_X',
  )
  const text = fc.oneof(
    odd,
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.array(odd, { maxLength: 4 }).map((all) => all.join('')),
  )
  const table = fc.dictionary(text, text, { maxKeys: 3 })
  const service = fc.record(
    {
      build: fc.oneof(fc.constant('.'), text),
      image: fc.constantFrom('postgres:1', 'redis', 'node'),
      command: fc.oneof(text, fc.array(text, { maxLength: 3 })),
      environment: fc.oneof(table, fc.array(text, { maxLength: 3 })),
      depends_on: fc.oneof(
        fc.array(text, { maxLength: 3 }),
        fc.dictionary(text, fc.record({ condition: fc.constantFrom('service_healthy', 'x') }), { maxKeys: 2 }),
      ),
      ports: fc.array(fc.oneof(text, fc.integer()), { maxLength: 2 }),
      healthcheck: fc.record({ test: fc.oneof(text, fc.array(text)), interval: text, retries: fc.integer() }, { requiredKeys: [] }),
      volumes: fc.array(text, { maxLength: 2 }),
      stop_signal: text,
    },
    { requiredKeys: [] },
  )
  const files = fc.record(
    {
      'package.json': fc
        .record(
          {
            name: text,
            scripts: fc.oneof(table, fc.record({ start: text, test: text, build: text }, { requiredKeys: [] })),
            dependencies: fc.constantFrom({}, { pg: '8' }),
            engines: fc.record({ node: text }),
          },
          { requiredKeys: [] },
        )
        .map((json) => JSON.stringify(json)),
      'compose.yaml': fc.record({ name: text, services: fc.dictionary(text, service, { maxKeys: 4 }) }).map((json) => JSON.stringify(json)),
      Procfile: fc
        .array(fc.tuple(text, text), { maxLength: 4 })
        .map((lines) => lines.map(([name, command]) => `${name}: ${command}`).join('\n')),
      Dockerfile: fc
        .array(
          fc.tuple(fc.constantFrom('FROM', 'RUN', 'CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'WORKDIR', 'HEALTHCHECK', 'STOPSIGNAL'), text),
          { maxLength: 6 },
        )
        .map((lines) => lines.map((words) => words.join(' ')).join('\n')),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(files, text, (found, folder) => {
      propose(Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined)), folder)
    }),
    { numRuns: 100 },
  )
})
