import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/kernel/process.ts'

const root = path.resolve(import.meta.dirname, '..')
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name)

async function clean(program: string, ...args: string[]): Promise<void> {
  const ran = await run(bin(program), args, { cwd: root, timeoutMs: 120_000 })
  expect(`${ran.stdout}${ran.stderr}`.trim() + ` exit ${ran.code}`).toMatch(/ exit 0$/)
}

describe('the house is in order', () => {
  it('has sound types', { timeout: 120_000 }, () => clean('tsc', '-p', '.'))
  it('has sound types in the page', { timeout: 120_000 }, () => clean('tsc', '-p', 'web'))
  it('passes the linter', { timeout: 120_000 }, () => clean('oxlint'))
  it('is formatted', { timeout: 120_000 }, () => clean('oxfmt', '--check', '.'))
})

/** Each line: a file, what it imports, and the sentence the linter must answer with. */
const seeded: readonly (readonly [string, string, RegExp])[] = [
  ['src/kernel/seeded.ts', '../ledger/event.ts', /the kernel imports nothing of ours/],
  ['src/kernel/postgres/seeded.ts', '../../flow/a.ts', /the kernel imports nothing of ours/],
  ['src/ledger/seeded.ts', '../flow/candidate/events.ts', /the ledger imports only the kernel/],
  ['src/ledger/store/seeded.ts', '../../server/http.ts', /the ledger imports only the kernel/],
  ['src/flow/candidate/seeded.ts', '../../feedback/line/projection.ts', /reads another Way only through its events/],
  ['src/flow/candidate/seeded.ts', '../../connectors/git/git.ts', /a Way imports the kernel, the ledger/],
  ['src/feedback/line/seeded.ts', '../../flow/candidate/projection.ts', /reads another Way only through its events/],
  ['src/feedback/line/seeded.ts', '../../server/http.ts', /a Way imports the kernel, the ledger/],
  ['src/learning/fault/seeded.ts', '../../flow/candidate/projection.ts', /reads another Way only through its events/],
  ['src/flow/candidate/events.ts', 'node:fs', /events, projection and policy are pure/],
  ['src/flow/candidate/projection.ts', 'zod', /events, projection and policy are pure/],
  ['src/feedback/line/policy.ts', 'pg', /events, projection and policy are pure/],
  ['src/feedback/line/policy.ts', '../../flow/candidate/projection.ts', /reads another Way only through its events/],
  ['src/connectors/git/seeded.ts', '../../ledger/ledger.ts', /a connector imports the kernel and ports only/],
  ['src/connectors/git/seeded.ts', '../../flow/environment/policy.ts', /a connector imports the kernel and ports only/],
  ['src/server/seeded.ts', '../cli/main.ts', /the server does not know its clients/],
  ['sdk/seeded.ts', '../src/kernel/errors.ts', /the sdk imports nothing of ours/],
  ['sdk/src/evaluate/seeded.ts', 'zod', /the sdk imports no package and no Node module/],
  ['sdk/src/client/seeded.ts', 'node:fs', /the sdk imports no package and no Node module/],
  ['src/flow/candidate/seeded.ts', '../../../sdk/src/index.ts', /a Way imports the kernel, the ledger/],
  ['src/feedback/line/seeded.ts', '../../../sdk/src/index.ts', /a Way imports the kernel, the ledger/],
  ['web/src/seeded.ts', '../../src/ledger/ledger.ts', /the page shares only schemas with the server/],
]

describe('the arrows between the rooms are enforced', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways arrows '))
    await cp(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function lint(files: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
      await writeFile(path.join(folder, file), content)
    }
    const ran = await run(bin('oxlint'), Object.keys(files), { cwd: folder })
    for (const file of Object.keys(files)) await rm(path.join(folder, file))
    return { code: ran.code, output: ran.stdout + ran.stderr }
  }

  it.each(seeded)('refuses %s importing %s', async (file, imported, sentence) => {
    const { code, output } = await lint({ [file]: `import * as seeded from '${imported}'\nexport const used = seeded\n` })
    expect(output.replaceAll(/\s+/g, ' ')).toMatch(sentence)
    expect(code).not.toBe(0)
  })

  it('refuses a cycle of imports', async () => {
    const { code, output } = await lint({
      'src/kernel/one.ts': `import { two } from './two.ts'\nexport const one = (): unknown => two\n`,
      'src/kernel/two.ts': `import { one } from './one.ts'\nexport const two = (): unknown => one\n`,
    })
    expect(output).toMatch(/cycle/i)
    expect(code).not.toBe(0)
  })

  it.each([
    ['src/flow/candidate/seeded.ts', '../../feedback/line/events.ts'],
    ['src/connectors/git/seeded.ts', '../../flow/candidate/repository.port.ts'],
    ['src/feedback/line/policy.ts', '../../kernel/errors.ts'],
    ['web/src/seeded.ts', '../../src/flow/pipeline/schemas.ts'],
    ['web/src/seeded.ts', '../../sdk/src/index.ts'],
    ['src/flow/flags/seeded.ts', '../../../sdk/src/index.ts'],
    ['src/server/seeded.ts', '../../sdk/src/index.ts'],
    ['src/cli/seeded.ts', '../../sdk/src/index.ts'],
    ['sdk/src/node/seeded.ts', 'node:fs'],
    ['sdk/src/openfeature/seeded.ts', '@openfeature/server-sdk'],
  ])('lets %s import %s', async (file, imported) => {
    const { code, output } = await lint({ [file]: `import * as seeded from '${imported}'\nexport const used = seeded\n` })
    expect(output).not.toMatch(/no-restricted-imports/)
    expect(code).toBe(0)
  })
})
