import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { editorSchema } from '../src/flow/definition/docs/editor-schema.ts'
import { referencePage } from '../src/flow/definition/docs/reference.ts'
import { makeCatalogue } from '../src/ledger/catalogue.ts'
import { ownTypes } from '../src/server/catalogue.ts'
import { eventPage } from './event-page.ts'

const root = join(import.meta.dirname, '..')

/** The pages written from schemas, by path in the repository. */
export async function pages(): Promise<Readonly<Record<string, string>>> {
  const example = await readFile(join(root, 'src/flow/definition/example.yaml'), 'utf8')
  return {
    'docs/definition.md': referencePage(example),
    'docs/threeways.schema.json': `${JSON.stringify(editorSchema(), undefined, 2)}\n`,
    'docs/events.md': eventPage(makeCatalogue(ownTypes).entries),
  }
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await pages())) {
    await writeFile(join(root, path), text)
    console.log(path)
  }
}
