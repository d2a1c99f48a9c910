import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../src/kernel/process.ts'

/** One pipeline as Buildbot told of it, epoch ms: a change arrives, its steps end one after the other, the build ends. */
export type Pipeline = { readonly began: number; readonly stepEnds: readonly number[]; readonly ended: number }

type Told = {
  readonly at: number
  readonly key: readonly [string, string, string]
  readonly name: string | null
  readonly results: number | null
}

/**
 * A master and a worker of Debian's `buildbot` on loopback, with one builder of `steps` commands that do nothing.
 * @throws Error when it cannot be started
 */
export async function withBuildbot(folder: string, steps: number, port: number, use: (pipeline: () => Promise<Pipeline>) => Promise<void>) {
  const [master, worker, times] = [path.join(folder, 'master'), path.join(folder, 'worker'), path.join(folder, 'times')]
  await mkdir(folder, { recursive: true })
  await command('buildbot', ['create-master', '-q', master])
  await command('buildbot-worker', ['create-worker', '-q', worker, `127.0.0.1:${port}`, 'worker', 'secret'])
  await writeFile(path.join(master, 'master.cfg'), configuration(steps, port, times))
  await command('buildbot', ['start', master])
  try {
    await command('buildbot-worker', ['start', worker])
    try {
      await use(() => onePipeline(times, port))
    } finally {
      await command('buildbot-worker', ['stop', worker])
    }
  } finally {
    await command('buildbot', ['stop', master])
  }
}

async function onePipeline(times: string, port: number): Promise<Pipeline> {
  const before = (await toldIn(times)).length
  await command('buildbot', ['sendchange', '-m', `127.0.0.1:${port}`, '-a', 'change:changepw', '-W', 'ada@x.example', 'app'])
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(200)) {
    const told = (await toldIn(times)).slice(before)
    const ended = told.find(({ key }) => key[0] === 'builds' && key[2] === 'finished')
    if (ended === undefined) continue
    if (ended.results !== 0) throw new Error(`the build of buildbot ended with ${ended.results}`)
    const began = told.find(({ key }) => key[0] === 'changes')!
    const stepEnds = told
      .filter(({ key, name }) => key[0] === 'steps' && key[2] === 'finished' && name?.startsWith('step '))
      .map(({ at }) => at)
    return { began: began.at, stepEnds, ended: ended.at }
  }
  throw new Error('buildbot did not end its build within two minutes')
}

async function toldIn(file: string): Promise<readonly Told[]> {
  if (!existsSync(file)) return []
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Told)
}

async function command(program: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(program, args, { timeoutMs: 60_000 })
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code}: ${stderr || stdout}`)
}

/** Its database keeps whole seconds only, so a service of its own notes each message of the master with the time. */
function configuration(steps: number, port: number, times: string): string {
  return `import json, time
from twisted.internet import defer
from buildbot.plugins import changes, schedulers, steps, util, worker
from buildbot.util.service import BuildbotService


class Times(BuildbotService):
    name = 'times'

    @defer.inlineCallbacks
    def startService(self):
        yield super().startService()
        for what in ('changes', 'builds', 'steps'):
            yield self.master.mq.startConsuming(self.note, (what, None, None))

    def note(self, key, message):
        with open(${JSON.stringify(times)}, 'a') as file:
            told = {'at': time.time() * 1000, 'key': list(key), 'name': message.get('name'), 'results': message.get('results')}
            file.write(json.dumps(told) + '\\n')


chain = util.BuildFactory([steps.ShellCommand(command=['true'], name='step %d' % n) for n in range(${steps})])
BuildmasterConfig = {
    'workers': [worker.Worker('worker', 'secret')],
    'protocols': {'pb': {'port': 'tcp:${port}:interface=127.0.0.1'}},
    'change_source': [changes.PBChangeSource()],
    'builders': [util.BuilderConfig(name='chain', workernames=['worker'], factory=chain)],
    'schedulers': [schedulers.AnyBranchScheduler(name='all', builderNames=['chain'])],
    'services': [Times()],
    'db': {'db_url': 'sqlite:///state.sqlite'},
    'buildbotNetUsageData': None,
}
`
}
