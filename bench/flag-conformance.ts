/**
 * The evaluator against the cases of flagd's own suite, in its own files: 125 of its evaluator suite (its 15 of an algorithm that
 * flagd has given up are left out) and 132 of the third version of the bucketing.
 *
 *     git clone https://github.com/open-feature/flagd-testbed; node bench/flag-conformance.ts flagd-testbed
 *
 * The suite has no licence, so that its files are not here. `sdk/src/evaluate/*.test.ts` says the same in cases of our own.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FlagSet } from '../sdk/src/evaluate/flag-set.ts'
import { casesOf, type Case } from '../sdk/src/testing/gherkin.ts'
import { pinned, play } from '../sdk/src/testing/testbed.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('say where the suite lies: node bench/flag-conformance.ts <checkout of open-feature/flagd-testbed>')
  process.exit(2)
}

const json = async (file: string): Promise<FlagSet> => JSON.parse(await readFile(file, 'utf8')) as FlagSet
const inFolder = async (at: string, end: string): Promise<string[]> =>
  (await readdir(at)).filter((name) => name.endsWith(end)).map((name) => path.join(at, name))

async function casesIn(files: readonly string[]): Promise<readonly Case[]> {
  return (await Promise.all(files.map(async (file) => casesOf(await readFile(file, 'utf8'))))).flat()
}

async function allFlags(): Promise<FlagSet> {
  const sets = await Promise.all((await inFolder(path.join(folder!, 'flags'), '.json')).map(json))
  return {
    flags: Object.assign({}, ...sets.map((set) => set.flags)),
    $evaluators: Object.assign({}, ...sets.map((set) => set.$evaluators ?? {})),
  }
}

function report(name: string, cases: readonly Case[], set: FlagSet): number {
  const faults = cases.flatMap((one) => {
    const said = play(one, set)
    return said === undefined ? [] : [`  ${one.name}\n    ${said}`]
  })
  console.log(`${name}: ${cases.length - faults.length} of ${cases.length}`)
  for (const fault of faults) console.log(fault)
  return faults.length
}

const kit = await json(path.join(folder, 'evaluator/flags/testkit-flags.json'))
const evaluator = await casesIn(await inFolder(path.join(folder, 'evaluator/gherkin'), '.feature'))
const provider = await casesIn(
  ['targeting', 'evaluation', 'disabled', 'metadata'].map((name) => path.join(folder, 'gherkin', `${name}.feature`)),
)
const tagged = (tag: string) => (one: Case) => one.tags.includes(tag)
const without =
  (...tags: string[]) =>
  (one: Case) =>
    !tags.some((tag) => one.tags.includes(tag))

const all = await allFlags()
const faults =
  report('evaluator suite, fractional-v2', evaluator.filter(without('@fractional-v1')), kit) +
  report('provider suite, fractional-v3', provider.filter(tagged('@fractional-v3')), pinned(all, 'fractional-v3')) +
  report(
    'provider suite, the rest that needs no selector and is not deprecated',
    provider
      .filter(without('@fractional-v1', '@fractional-v3', '@deprecated', '@metadata-provider'))
      .filter((one) => !one.steps.some(({ text }) => text.includes('"selector"'))),
    all,
  )
process.exit(faults === 0 ? 0 : 1)
