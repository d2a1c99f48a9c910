import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** One Markdown file of the repository, as its readers use it. */
export type Page = {
  /** Relative to the repository's root. */
  readonly file: string
  /** Targets of links, as written, outside of code. */
  readonly links: readonly string[]
  /** Anchors that links may name, as they are made from headings. */
  readonly anchors: ReadonlySet<string>
  /** Commands in code blocks: lines of `sh`, and lines with a prompt of `console`. */
  readonly commands: readonly string[]
  /** Short code in the text. */
  readonly spans: readonly string[]
}

const skipped = new Set(['node_modules', 'dist', '.git', '.threeways', 'coverage'])

export async function readPages(root: string): Promise<readonly Page[]> {
  const files = await markdownIn(root, '')
  return Promise.all(files.map(async (file) => readPage(file, await readFile(path.join(root, file), 'utf8'))))
}

async function markdownIn(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(({ name }) => !skipped.has(name))
      .map((entry): Promise<readonly string[]> | string[] => {
        const file = path.join(folder, entry.name)
        if (entry.isDirectory()) return markdownIn(root, file)
        return entry.name.endsWith('.md') ? [file] : []
      }),
  )
  return found.flat().toSorted()
}

export function readPage(file: string, text: string): Page {
  const commands: string[] = []
  const prose = text.replaceAll(/^```(\w*).*\n([\s\S]*?)^```$/gm, (_block, language: string, body: string) => {
    commands.push(...commandsOf(language, body))
    return ''
  })
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
  const plain = prose.replaceAll(/`[^`\n]+`/g, '')
  return {
    file,
    links: [...plain.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target]) => target!),
    anchors: new Set([...prose.matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => anchorOf(heading!))),
    commands,
    spans,
  }
}

function commandsOf(language: string, body: string): readonly string[] {
  const lines = body.replaceAll('\\\n', ' ').split('\n')
  if (language === 'sh') return lines
  if (language === 'console') return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
  return []
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** The `threeways …` commands of a line of shell, each as its words without the first. */
export function threewaysIn(line: string): readonly (readonly string[])[] {
  const inner = [...line.matchAll(/\$\((threeways [^)]*)\)/g)].flatMap(([, command]) => threewaysIn(command!))
  const outer = simpleCommands(line.replaceAll(/<[\w -]+>/g, 'something')).flatMap((words) => {
    const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word))
    return words[first] === 'threeways' ? [words.slice(first + 1)] : []
  })
  return [...inner, ...outer]
}

/** Splits at `&&`, `|` and `;`; leaves comments, quotes and redirections behind. */
function simpleCommands(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]]
  for (const [token, single, double] of line.matchAll(/'([^']*)'|"([^"]*)"|&&|[|;]|#.*|>+ *\S+|[^\s'"|;]+/g)) {
    if (/^(?:&&|[|;])$/.test(token)) commands.push([])
    else if (!/^[#>]/.test(token)) commands.at(-1)!.push(single ?? double ?? token)
  }
  return commands
}
