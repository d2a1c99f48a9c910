import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { unavailable } from '../../kernel/errors.ts'
import { identify, pidsMarked } from '../../kernel/process.ts'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { ask, serviceOf, Stage } from '../../flow/environment/contract-stage.ts'
import { fixtureIn, web, type Fixture } from '../../flow/environment/fixture.ts'
import type { Service } from '../../flow/environment/provider.port.ts'
import { noSecrets } from '../../flow/environment/secrets.port.ts'
import { makeHome, type TestHome } from './testing.ts'
import { logBytesMax } from './instance/logs.ts'
import { marks } from './variables.ts'

let home: TestHome
let stage: Stage
let fixture: Fixture
beforeAll(async () => {
  home = await makeHome(digestOfTree)
  fixture = fixtureIn(path.join(home.folder, 'candidates'))
  stage = new Stage(home.provider())
})
afterEach(async () => {
  await stage.clear()
  expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
})
afterAll(() => home.dispose())

/** @param script - for node, in place of the fixture's server */
async function deploy(script: string, parts: Partial<Service> = {}) {
  const service = { ...web, command: [process.execPath, '--input-type=module', '-e', script], ...parts }
  return stage.deploy(await fixture.candidate('1', { services: { web: service } }))
}

const refusal = async (deploying: Promise<unknown>) => (await deploying.catch((error: unknown) => error)) as Error & { code: string }
const serve = 'await import(process.cwd() + "/server.mjs");'

describe('a service whose secrets cannot be had because their store is away', () => {
  it('waits for it, and is not blamed', async () => {
    let asked = 0
    const away = async () => {
      if (asked++ < 3) throw unavailable('LEDGER_UNAVAILABLE', { message: 'the database is starting up' })
      return []
    }
    const other = await makeHome(digestOfTree, () => ({ secrets: { ...noSecrets, hidden: away } }))
    const provider = other.provider()
    try {
      const there = new Stage(provider)
      await there.deploy(await fixtureIn(path.join(other.folder, 'candidates')).candidate('1', { services: { web } }))
      expect(asked).toBeGreaterThan(3)
      await there.clear()
    } finally {
      await other.dispose()
    }
  })
})

describe('a service that does not start', () => {
  it('is told at once, with its exit code and the end of its log, when it ends', async () => {
    const slowHealth = { ...web.health!, startPeriodMs: 600_000 }
    const failure = await refusal(deploy('console.log("one"); throw new Error("no config")', { health: slowHealth }))
    expect(failure.code).toBe('SERVICE_UNHEALTHY')
    expect(failure.message).toMatch(/service "web" of candidate .* ended with code 1 after [\d.]+ m?s; end of its log:\none\n.*no config/s)
  })

  it('is told when its program does not exist', async () => {
    const failure = await refusal(deploy('', { command: ['no-such-program'] }))
    expect(failure.code).toBe('SERVICE_UNHEALTHY')
    expect(failure.message).toMatch(/ended with code 127 .*no-such-program/s)
  })

  it('is told when its folder does not exist', async () => {
    const failure = await refusal(deploy(serve, { workdir: 'nowhere' }))
    expect(failure.message).toMatch(/cannot be started: .*nowhere is not there/)
  })

  it('is told when it never becomes healthy, with what the health check heard', async () => {
    const health = { ...web.health!, startPeriodMs: 300, intervalMs: 50 }
    const failure = await refusal(deploy('setInterval(() => {}, 1000)', { health }))
    expect(failure.message).toMatch(/nothing listens on 127\.0\.0\.1:\d+ \(as a plain process it must listen on \$PORT\)/)
  })

  it('is told when its health check never answers, or fails as a command', async () => {
    const health = { ...web.health!, startPeriodMs: 0, intervalMs: 10, retries: 2, timeoutMs: 100 }
    const silent = 'import net from "node:net"; net.createServer(() => {}).listen(process.env.PORT, "127.0.0.1")'
    const listening = { ...health, startPeriodMs: 500 }
    expect((await refusal(deploy(silent, { health: listening }))).message).toContain('GET /healthz had no answer within 100 ms')
    const command = { ...health, timeoutMs: 5_000, probe: { kind: 'command', command: ['sh', '-c', 'echo not yet; exit 9'] } } as const
    expect((await refusal(deploy(serve, { health: command }))).message).toContain('"sh -c echo not yet; exit 9" ended with 9: not yet')
  })

  it('is not taken for ready because it left a child behind that listens', async () => {
    // It listens only when its parent is gone: before that the service may well be taken for ready.
    const script = `import { spawn } from 'node:child_process'
      const later = 'while kill -0 ' + process.pid + ' 2>/dev/null; do sleep 0.02; done; exec "$0" server.mjs'
      spawn('sh', ['-c', later, process.execPath], { detached: true, stdio: 'inherit' }).unref()
      setTimeout(() => process.exit(0), 50)`
    const failure = await refusal(deploy(script))
    expect(failure.message).toMatch(/ended with code 0/)
    expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
  })
})

describe('a service that does not end', () => {
  it('is killed after its grace, when it ignores the signal', async () => {
    const observed = await deploy(
      `process.on('SIGTERM', () => {}); ${serve} process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {})`,
      {
        stop: { signal: 'SIGTERM', graceMs: 200 },
      },
    )
    const told: string[] = []
    await stage.bring(stage.target([], undefined), ({ message }) => told.push(message))
    expect(told).toContain('did not end within 200 ms and was killed')
    expect(await identify(serviceOf(observed, 'web').pid!)).toBeUndefined()
  })

  it('is ended with everything it forked, also what left its group and its parent', async () => {
    const script = `import { spawn } from 'node:child_process'
      const child = "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }).unref()"
      spawn(process.execPath, ['-e', child], { detached: true, stdio: 'ignore' }).unref()
      spawn('sh', ['-c', 'trap "" TERM INT; sleep 1000'], { stdio: 'ignore' }).unref()
      ${serve}`
    await deploy(script)
    await stage.eventually(() => true)
    expect((await pidsMarked(marks.home, home.homeId)).length).toBeGreaterThan(2)
    await stage.bring(stage.target([], undefined))
    expect(await pidsMarked(marks.home, home.homeId)).toEqual([])
  })

  it('may take its time with SIGQUIT, and its exit code is kept', async () => {
    const script = `${serve} process.on('SIGQUIT', () => setTimeout(() => { console.log('done'); process.exit(0) }, 200))`
    await deploy(script, { stop: { signal: 'SIGQUIT', graceMs: 5_000 } })
    const began = Date.now()
    await stage.bring(stage.target([], undefined))
    expect(Date.now() - began).toBeGreaterThanOrEqual(190)
  })
})

describe('a service that runs badly', () => {
  it('cannot fill the disk with its log, nor our memory', async () => {
    const script = `import { writeSync } from 'node:fs'
      const chunk = Buffer.alloc(1024 * 1024, 'all work and no play\\n')
      for (let n = 0; n < 200; n++) { writeSync(1, chunk); if (n % 20 === 0) await new Promise((next) => setTimeout(next, 10)) }
      ${serve}`
    const written = 200 * 1024 * 1024
    let highest = 0
    const watching = setInterval(async () => {
      highest = Math.max(highest, ...(await sizesOf(await logFiles())))
    }, 5)
    const before = process.memoryUsage().rss
    await deploy(script)
    clearInterval(watching)
    await expect.poll(async () => Math.max(...(await sizesOf(await logFiles())))).toBeLessThanOrEqual(logBytesMax)
    expect(highest).toBeLessThan(written)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
    const lines: string[] = []
    for await (const { line } of stage.provider.logs(stage.environment, { lines: 1 })) lines.push(line)
    expect(lines).toEqual([expect.stringMatching(/listening, version 1$/)])
  })

  it('is told to be in a crash loop, with growing pauses', async () => {
    const first = 'marker'
    const script = `import { existsSync, writeFileSync } from 'node:fs'
      const marker = process.env.TMPDIR + '/${first}'
      if (existsSync(marker)) { console.log('cannot go on'); process.exit(7) }
      writeFileSync(marker, '')
      ${serve}`
    const before = await deploy(script)
    await fetch(`${before.urls['web']}/crash`).catch(() => {})
    const looping = await stage.eventually((seen) => serviceOf(seen, 'web').restarts >= 5 && serviceOf(seen, 'web').state === 'restarting')
    expect(serviceOf(looping, 'web').problem).toMatch(
      /^crash loop, \d+ quick endings in a row: ended with code 7 .* starts again in .*cannot go on$/s,
    )
    const answer = await fetch(before.urls['web']!)
    expect(answer.status).toBe(502)
  })

  it('gets another port when a program took its own first', async () => {
    const blocker = createServer()
    // The first start finds its port taken by somebody who was quicker.
    const script = `import { existsSync, writeFileSync } from 'node:fs'
      import net from 'node:net'
      const marker = process.env.TMPDIR + '/tried'
      if (existsSync(marker)) { ${serve} }
      else {
        writeFileSync(marker, process.env.PORT)
        await fetch('http://127.0.0.1:${await listening(blocker)}/' + process.env.PORT).catch(() => {})
        ${serve}
      }`
    const taken = createServer()
    blocker.on('connection', (socket) => {
      socket.once('data', (data: Buffer) => {
        const port = Number(/GET \/(\d+)/.exec(data.toString())![1])
        taken.listen(port, '127.0.0.1', () => socket.destroy())
      })
    })
    const observed = await deploy(script)
    const address = taken.address()
    expect(serviceOf(observed, 'web').port).not.toBe(typeof address === 'object' && address!.port)
    expect((await ask(observed)).version).toBe('1')
    taken.close()
    blocker.close()
  })
})

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' ? address!.port : 0
}

async function logFiles(): Promise<readonly string[]> {
  const folder = path.join(home.home, 'environments', stage.environment, 'instances')
  if (!existsSync(folder)) return []
  const files = (await readdir(folder)).flatMap((instance) => [path.join(folder, instance, 'log'), path.join(folder, instance, 'log.1')])
  return files.filter(existsSync)
}

function sizesOf(files: readonly string[]): Promise<readonly number[]> {
  return Promise.all(files.map(async (file) => (await stat(file).catch(() => ({ size: 0 }))).size))
}
