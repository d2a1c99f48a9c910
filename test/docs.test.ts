import { access } from 'node:fs/promises'
import path from 'node:path'
import type { Command, RouteMap } from '@stricli/core'
import { describe, expect, it } from 'vitest'
import { app } from '../src/cli/app.ts'
import type { CliContext } from '../src/cli/context.ts'
import { readPage, readPages, threewaysIn, type Page } from './markdown.ts'

const root = path.resolve(import.meta.dirname, '..')
const pages = await readPages(root)
const byFile = new Map(pages.map((page) => [page.file, page]))

type Routes = RouteMap<CliContext>
type Leaf = Command<CliContext>

/** What is wrong with a command line; undefined when it can be typed like that. @param whole - every word is there */
function faultOf(words: readonly string[], whole: boolean): string | undefined {
  let target = app.root as Routes | Leaf
  let at = 0
  for (; 'getAllEntries' in target; at++) {
    const word = words[at]
    if (word !== undefined && /^--(help|version)$/.test(word)) return undefined
    const entry = target.getAllEntries().find(({ name }) => name['convert-camel-to-kebab'] === word)
    const usual = target.getDefaultCommand()
    if (!entry && usual) return faultOfUse(usual as unknown as Leaf, words.slice(at), whole)
    if (word === undefined) return whole ? 'a command is missing' : undefined
    if (!entry) return `there is no command "${word}"`
    target = entry.target as Routes | Leaf
  }
  return faultOfUse(target, words.slice(at), whole)
}

function faultOfUse({ parameters }: Leaf, words: readonly string[], whole: boolean): string | undefined {
  const { flags = {}, aliases = {}, positional } = parameters
  let given = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') {
      given += words.length - at - 1
      break
    }
    if (!word.startsWith('-') || word === '-') {
      given++
      continue
    }
    const name = word.startsWith('--') ? camel(word.slice(2)) : (aliases as Record<string, string>)[word.slice(1)]
    if (word === '--help' || word === '-h') return undefined
    const flag = (flags as Record<string, { kind: string }>)[name ?? '']
    if (!flag) return `there is no flag "${word}"`
    if (flag.kind !== 'boolean' && words[++at] === undefined && whole) return `"${word}" needs a value`
  }
  const [least, most] = boundsOf(positional)
  if (given > most) return `${given} words where at most ${most} are expected`
  return whole && given < least ? `${given} words where at least ${least} are expected` : undefined
}

const camel = (flag: string) => flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

function boundsOf(positional: Leaf['parameters']['positional']): readonly [number, number] {
  if (positional === undefined) return [0, 0]
  if (positional.kind === 'array') return [positional.minimum ?? 0, positional.maximum ?? Number.POSITIVE_INFINITY]
  const needed = positional.parameters.filter((parameter) => parameter.optional !== true && parameter.default === undefined)
  return [needed.length, positional.parameters.length]
}

const faultsOf = (texts: readonly string[], whole: boolean) =>
  texts.flatMap((text) =>
    threewaysIn(text).flatMap((words) => {
      const fault = faultOf(words, whole)
      return fault === undefined ? [] : [`${text}: ${fault}`]
    }),
  )

const exists = (file: string) =>
  access(path.join(root, file)).then(
    () => true,
    () => false,
  )

async function deadLinks(page: Page): Promise<readonly string[]> {
  const dead: string[] = []
  for (const link of page.links.filter((target) => !/^[a-z]+:/.test(target))) {
    const [target = '', anchor] = link.split('#')
    const there = path.join(path.dirname(page.file), decodeURI(target))
    const other = target === '' ? page : byFile.get(there)
    const isThere = target === '' || (await exists(there))
    if (!isThere || (anchor !== undefined && other?.anchors.has(anchor) === false)) dead.push(link)
  }
  return dead
}

/** Paths as text names them; `a/b.ts`, not patterns. Decisions may speak of what is gone. */
async function deadPaths({ file, spans }: Page): Promise<readonly string[]> {
  if (file.startsWith(path.join('docs', 'decisions'))) return []
  const paths = spans.filter((span) => /^(?:src|docs|test|bench|web|bin|examples|scripts)\/[\w./-]+$/.test(span))
  const found = await Promise.all(paths.map(async (span) => (await exists(span)) || (await exists(path.join(path.dirname(file), span)))))
  return paths.filter((_, index) => !found[index])
}

describe.each(pages.map((page) => [page.file, page] as const))('%s', (_file, page) => {
  it('links to what is there', async () => expect(await deadLinks(page)).toEqual([]))
  it('names files that are there', async () => expect(await deadPaths(page)).toEqual([]))
  it('shows commands that can be typed', () => {
    expect(faultsOf(page.commands, true)).toEqual([])
    expect(faultsOf(page.spans, false)).toEqual([])
  })
})

describe('the check of the documents', () => {
  it.each([
    ['threeways fly', /no command "fly"/],
    ['threeways env sit', /no command "sit"/],
    ['threeways deliver --fast', /no flag "--fast"/],
    ['threeways stop', /0 words where at least 1/],
    ['threeways env diff a b c # more', /3 words where at most 2/],
    ['A=b threeways status | threeways events -z', /no flag "-z"/],
    ['eval "$(threeways completions bash)"', /no command "completions"/],
  ])('sees what is wrong in %s', (line, fault) => {
    expect(faultsOf([line], true).join()).toMatch(fault)
  })

  it('sees a link to nowhere, in text only', async () => {
    const page = readPage('README.md', '# A *page*\n[a](#a-page) [b](#b) [c](nowhere.md) `[d](d)`\n```sh\n[e](e)\n```\n')
    expect(await deadLinks(page)).toEqual(['#b', 'nowhere.md'])
  })

  it('reads something: the documents show commands', () => {
    expect(pages.flatMap(({ commands }) => commands).flatMap(threewaysIn).length).toBeGreaterThan(20)
  })
})
