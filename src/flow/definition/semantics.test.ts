import { describe, expect, it } from 'vitest'
import { definitionText, faultsOf, judged } from './testing.ts'

const web = 'web: {command: a, ports: [1], healthcheck: {x-http: /}}'
const db = 'db: {provider: {type: threeways, options: {resource: postgres}}}'

function expectFaults(text: string, ...messages: readonly string[]): void {
  const { found, expected } = judged(text, messages)
  expect(found).toEqual(expected)
}
const services = (text: string, ...messages: readonly string[]) => expectFaults(definitionText({ services: `{${text}}` }), ...messages)
const environments = (text: string, ...messages: readonly string[]) =>
  expectFaults(definitionText({ services: `{${db}, ${web}}`, environments: `{dev: {}, ${text}}` }), ...messages)
const stages = (text: string, ...messages: readonly string[]) => expectFaults(definitionText({ stages: `[${text}]` }), ...messages)

describe('services', () => {
  it('say how they run, or are provided', () => {
    services('▸web: {image: shop}', 'service "web" does not say how it runs: it has neither "x-run" nor "command"')
    expect(faultsOf(definitionText({ services: '{db: {image: docker.io/library/postgres:18}}' }))[0]!.help).toContain('resource: postgres')
  })

  it('that are resources have no other key', () => {
    services('db: {provider: {type: threeways, options: {resource: postgres}}, ▸command: a}', '"command" says nothing about a resource')
  })

  it('depend on services that exist and can be waited for', () => {
    services('web: {command: a, depends_on: [▸bd]}, db: {command: a}', 'service "web" depends on "bd", which does not exist')
    services(
      'web: {command: a, depends_on: {▸api: {condition: service_healthy}}}, api: {command: a}',
      'service "web" waits until "api" is healthy, but that has no health check',
    )
    services(`${db}, web: {command: a, depends_on: {db: {condition: service_healthy}}}`)
  })

  it('do not wait for each other', () => {
    services(
      'a: {command: a, depends_on: [▸b]}, b: {command: a, depends_on: {▸c: {condition: service_started}}}, c: {command: a, depends_on: [b, a]}',
      'services wait for each other: a → b → c → a',
      'services wait for each other: b → c → b',
    )
    services('a: {command: a, depends_on: [▸a]}', 'services wait for each other: a → a')
  })

  it('have health checks that look at something', () => {
    services('web: {command: a, ▸healthcheck: {retries: 1}}', 'a health check needs "x-http" or "test"')
    services('web: {command: a, healthcheck: {x-http: ▸/}}', 'service "web" has no port to ask for its health')
  })
})

describe('environments', () => {
  const undeclared = 'undeclared difference: "A" differs in "test", but is not listed in "parity"'

  it('have a network of their own only when they are isolated', () => {
    environments('test: {isolation: required, network: own}')
    environments('test: {▸network: own}', 'says nothing without isolation')
    environments('defaults: {isolation: when-present}, test: {▸network: host, isolation: none}', 'says nothing without isolation')
    environments('defaults: {isolation: when-present, network: host}, test: {network: own}')
  })

  it('differ only in what is declared', () => {
    environments('test: {environment: {web: {▸A: 1}}}', undeclared)
    environments('test: {environment: {web: [▸A=1]}}', undeclared)
    environments('defaults: {parity: [A]}, test: {environment: {web: {A: 1}}}')
    environments('test: {parity: [A], environment: {web: {A: 1}}}')
  })

  it('do not complain about differences while their declaration is unclear', () => {
    environments('defaults: {parity: ▸A}, test: {environment: {web: {A: 1}}}', 'should be a list, got "A"')
  })

  it('say how many of a service there are', () => {
    environments('test: {replicas: {web: 3}}')
    environments(
      'test: {replicas: {▸wbe: 3, ▸db: 2, web: ▸0}}',
      'there is no service "wbe"',
      '"db" is a resource and has no replicas',
      'should be at least 1, got 0',
    )
  })

  it('speak of services and resources that exist', () => {
    environments(
      'test: {environment: {▸wbe: {}, ▸db: {}}, seed: {▸web: a.sql}}',
      'there is no service "wbe"',
      '"db" is a resource and gets no variables',
      'there is no resource "web" to seed',
    )
  })

  it('have names that can be folders and databases', () => {
    environments(
      '▸Test: {}, ▸ephemeral: {}',
      'the name "Test" should be lower case letters, digits and dashes, begin with a letter and have at most 40 characters',
      '"ephemeral" is no name for an environment',
    )
  })

  it('may be empty, which means the defaults', () => {
    expectFaults(definitionText({ environments: '\n    dev:\n    production:' }))
  })
})

describe('stages', () => {
  it('follow stages that exist', () => {
    stages('{name: dev}, {name: test, after: [▸dve]}', 'there is no stage "dve"')
  })

  it('do not go round in a circle, and the circle is named', () => {
    stages(
      '{name: a, after: [▸c]}, {name: b, after: [a]}, {name: c, after: [b]}',
      'stages wait for each other: "a" after "c" after "b" after "a"',
    )
    stages('{name: a, after: [▸a]}', 'stages wait for each other: "a" after "a"')
  })

  it('have names of their own', () => {
    stages('{name: a}, {name: ▸a}', 'there are two stages "a"')
  })

  it('deploy to environments that exist, and not two to the same', () => {
    stages('{name: a, environment: ▸prod}', 'there is no environment "prod"')
    stages(
      '{name: a, environment: dev}, {name: b, environment: ▸dev}',
      `stage "a" also deploys to "dev": each would replace the other's candidate`,
    )
    stages('{name: a, environment: dev, ephemeral: true}, {name: b, environment: dev}')
    expect(faultsOf(definitionText({ stages: '[{name: a, environment: ephemeral}]' }))[0]!.help).toContain('ephemeral: true')
  })

  it('without an environment do not deploy', () => {
    stages(
      '{name: a, ▸deploy: {}, ▸smoke: [▸unit], ▸rollback: {}, ▸ephemeral: true}',
      '"deploy" needs an environment, and this stage names none',
      '"smoke" needs an environment, and this stage names none',
      'the smoke check "unit" does not look at the environment',
      '"rollback" needs an environment, and this stage names none',
      '"ephemeral" needs an environment, and this stage names none',
    )
    stages('{name: a, smoke: [], ephemeral: false}')
  })

  it('run checks that exist, once, and where they can', () => {
    const checks = '{unit: {run: a}, int: {run: a, in: environment}}'
    expectFaults(
      definitionText({ checks, stages: '[{name: a, checks: [▸unti, unit, ▸unit, ▸int]}]' }),
      'there is no check "unti"',
      'the check "unit" is there twice',
      'the check "int" runs in an environment, and this stage names none',
    )
    expectFaults(
      definitionText({ checks, stages: '[{name: a, environment: dev, smoke: [▸unit]}]' }),
      'the smoke check "unit" does not look at the environment',
    )
  })

  it.each(['blue-green', 'rolling', 'canary'])('move traffic by %s only to services whose health is known', (strategy) => {
    const moving = (text: string, ...messages: readonly string[]) =>
      expectFaults(
        definitionText({ services: `{${text}}`, stages: `[{name: a, environment: dev, deploy: {strategy: ▸${strategy}}}]` }),
        ...messages,
      )
    moving(web)
    moving(`${web}, worker: {command: a}`)
    moving('web: {command: a, ports: [1]}', `${strategy} moves traffic when the new is healthy, and service "web" has no health check`)
    moving('web: {command: a}', `${strategy} moves traffic, and no service has a port`)
  })

  it('give a canary steps that grow to everything and leave as much for its baseline', () => {
    const canary = (text: string, ...messages: readonly string[]) =>
      stages(`{name: a, environment: dev, deploy: {strategy: canary, ${text}}}`, ...messages)
    canary('steps: [1, 50, 100], every: 30s, judge: {metrics: [p99_ms, error_rate], critical: [p99_ms]}')
    canary(
      'steps: [5, ▸5, ▸60, ▸90]',
      '5 comes after 5, and steps grow',
      '60 % leaves no equal share for the baseline',
      'the last step is 90, not 100',
    )
    canary('steps: [▸100]', 'a canary that begins with 100 % is none')
    canary('judge: {metrics: [error_rate], critical: [▸p95_ms]}', '"p95_ms" is critical, but not compared')
    stages(
      '{name: a, environment: dev, deploy: {strategy: rolling, sticky: true, ▸steps: [5, 100]}}',
      '"steps" says nothing about strategy rolling',
    )
    stages(
      '{name: a, environment: dev, ephemeral: true, deploy: {strategy: ▸canary}}',
      'a canary is compared with what runs, and in an ephemeral environment nothing does',
    )
  })
})

describe('copies of requests', () => {
  const production = '{name: production, after: [a], environment: production}'
  const copied = (shadow: string, ...messages: readonly string[]) =>
    stages(`{name: a, environment: dev, ${shadow}}, ${production}`, ...messages)

  it('come from another stage, and both have an environment that stays', () => {
    copied('shadow: {from: production, share: 5%}')
    copied('shadow: {from: ▸prodution, share: 5%}', 'there is no stage "prodution"')
    copied('shadow: {from: ▸a, share: 5%}', 'a stage cannot copy its own requests to itself')
    copied('ephemeral: true, ▸shadow: {from: production, share: 5%}', '"shadow" needs an environment that stays, and this one is ephemeral')
    stages(`{name: a, ▸shadow: {from: production, share: 5%}}, ${production}`, '"shadow" needs an environment, and this stage names none')
    stages('{name: a, environment: dev, shadow: {from: ▸b, share: 5%}}, {name: b, after: [a]}', 'stage "b" has no environment')
    stages(
      '{name: a, environment: dev, shadow: {from: ▸b, share: 5%}}, {name: b, environment: production, ephemeral: true}',
      'the environment of stage "b" is ephemeral',
    )
  })

  it('need a service with a port', () => {
    expectFaults(
      definitionText({
        services: '{web: {command: a}}',
        stages: `[{name: a, environment: dev, ▸shadow: {from: production, share: 1%}}, ${production}]`,
      }),
      '"shadow" copies requests, and no service has a port',
    )
  })

  it('are said exactly: a share, methods, credentials, limits', () => {
    copied('shadow: {from: production, share: ▸5}', 'should be a share such as 5% or 0.1%')
    copied('shadow: {from: production, share: ▸0%}', 'should be more than 0%')
    copied('shadow: {from: production, share: ▸101%}', 'should be at most 100%')
    copied('▸shadow: {from: production}', '"share" is missing')
    copied('shadow: {from: production, share: 5%, ▸percent: 5}', 'unknown key "percent"')
    copied('shadow: {from: production, share: 5%, limits: {body: ▸2m}}', 'should be at most 1m')
    copied('shadow: {from: production, share: 0.1%, methods: [GET, POST], pass: [cookie], noise: 20%, limits: {per_second: 50, body: 16k}}')
  })

  it('can be asked for only where a stage before gets some', () => {
    stages(
      '{name: a, environment: dev, shadow: {from: production, share: 5%}}, {name: b, after: [a]}, {name: production, after: [b], environment: production, gate: {shadow: {requests: 100}}}',
    )
    stages(
      '{name: a, environment: dev}, {name: production, after: [a], environment: production, gate: {▸shadow: {}}}',
      '"shadow" asks what copies of requests showed, and no stage before this one gets any',
    )
  })
})
