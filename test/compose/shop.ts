import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gitAuthor } from '../../src/connectors/git/testing.ts'
import { run } from '../../src/kernel/process.ts'
import { launcher } from '../command-line.ts'

const web = `import { createServer } from 'node:http'
createServer((_, response) => response.end(process.env.GREETING + ' from ' + process.env.THREEWAYS_ENVIRONMENT)).listen(process.env.PORT, '127.0.0.1')
`
const service = (greeting: string) => ({
  ports: ['3000'],
  environment: { GREETING: greeting },
  healthcheck: { 'x-http': '/', interval: '50ms' },
  'x-run': { command: ['node', 'app.mjs'] },
})

export const shopDefinition = {
  name: 'shop',
  services: { web: service('hello'), api: service('goodbye') },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app.mjs'] },
    environments: { test: {}, production: {} },
    pipeline: { stages: [{ name: 'production', environment: 'production' }] },
  },
}

/** A repository with two services beside a folder that is on PATH with `threeways` in it, as `npm link` would put it there. */
export async function makeShop() {
  const place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways compose ')))
  const author = await gitAuthor(path.join(place, 'the shop'))
  await author.write({ 'threeways.yaml': JSON.stringify(shopDefinition, null, 2), 'app.mjs': web })
  await author.commit('Open the shop')
  await mkdir(path.join(place, 'bin'))
  await symlink(launcher, path.join(place, 'bin', 'threeways'))
  const data = path.join(place, 'data')
  return {
    place,
    author,
    data,
    env: {
      ...process.env,
      PATH: [path.join(place, 'bin'), path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
      XDG_DATA_HOME: data,
    },

    /** Files that hold anything, and processes that know of this place. */
    async leftovers(): Promise<readonly string[]> {
      const files = await readdir(data, { recursive: true, withFileTypes: true }).catch(() => [])
      const ps = await run('ps', ['-eo', 'pid=,args='])
      const processes = ps.stdout.split('\n').filter((line) => line.includes(place) && !line.includes('ps -eo'))
      return [...files.flatMap((file) => (file.isDirectory() ? [] : [path.join(file.parentPath, file.name)])), ...processes]
    },

    dispose: () => rm(place, { recursive: true, force: true }),
  }
}

export type Shop = Awaited<ReturnType<typeof makeShop>>
