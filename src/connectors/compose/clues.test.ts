import { describe, expect, it } from 'vitest'
import { clueReaderContract, projectWith } from '../../flow/definition/init/clues.contract.ts'
import { compose } from './clues.ts'
import { variablesOf } from './variables.ts'

const example = `name: parts
x-env: &env {LOG: info}
services:
  web:
    build: .
    command: npm start
    ports: ["8080:3000"]
    environment:
      <<: *env
      DATABASE_URL: postgres://app:secret@db:5432/app
      TOKEN: \${TOKEN}
      MODE: \${MODE:-dark}
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    healthcheck: {test: [CMD, curl, -f, "http://localhost:3000/healthz"], interval: 5s, retries: 4}
    networks: [front]
    stop_grace_period: 20s
  worker:
    build: {context: ./worker}
    entrypoint: [node]
    command: [worker.js]
    env_file: .env
  dev: {image: "node:24", command: npm run dev, volumes: [".:/app"]}
  db:
    image: postgres:18
    volumes: ["./db/init.sql:/docker-entrypoint-initdb.d/init.sql", "data:/var/lib/postgresql"]
  cache: {image: "redis:8"}
  queue: {provider: {type: awesomecloud}}
`

clueReaderContract('Compose', compose, example)

const read = (text: string) => compose.read(projectWith({ 'compose.yaml': text }), '.')!

describe('a Compose file', () => {
  it('says which services run code of the repository', () => {
    const { services, name } = read(example)
    expect(name).toBe('parts')
    expect(services!.map((service) => [service.name, service.folder])).toEqual([
      ['web', '.'],
      ['worker', 'worker'],
      ['dev', '.'],
    ])
    expect(services![0]).toEqual({
      name: 'web',
      folder: '.',
      command: { shell: 'npm start' },
      port: 3000,
      environment: { LOG: 'info', DATABASE_URL: 'postgres://app:secret@db:5432/app', MODE: 'dark' },
      health: { test: { words: ['curl', '-f', 'http://localhost:3000/healthz'] }, interval: '5s', retries: 4 },
      dependsOn: [{ name: 'db', healthy: true }],
      stop: { grace: '20s' },
    })
    expect(services![1]!.command).toEqual({ words: ['node', 'worker.js'] })
  })

  it('has its databases as resources, with the file that fills them and the variable that names them', () => {
    expect(read(example).resources).toEqual([{ name: 'db', type: 'postgres', seed: 'db/init.sql', addressedAs: ['DATABASE_URL'] }])
  })

  it('tells what cannot be taken over, and why', () => {
    expect(read(example).leftOut!.map(({ what }) => what)).toEqual([
      'the variable TOKEN of the service web',
      'networks of the service web',
      'the dependency on migrate of the service web',
      'env_file of the service worker',
      'the service cache',
      'the service queue',
    ])
  })

  it('that cannot be read is left out with the reason', () => {
    expect(read('a: [').leftOut![0]!.why).toMatch(/^it cannot be read: /)
  })

  it('is not expanded without bound', () => {
    const lines = ['a0: &a0 [x]', ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`)]
    expect(read(lines.join('\n')).leftOut![0]!.why).toContain('alias')
  })
})

it('variables come from the file, never from the machine', () => {
  expect(variablesOf(['A=1', 'B', 'C=$$x', 'D=${X-y}', 'E=$HOME']).values).toEqual({ A: '1', C: '$x', D: 'y' })
  expect(variablesOf({ A: 1, B: null, C: true }).values).toEqual({ A: '1', C: 'true' })
})
