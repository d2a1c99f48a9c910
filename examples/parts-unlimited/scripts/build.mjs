// src/ → dist/ with Node's own type stripping: the same source gives the same bytes, and there is no compiler to install.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'

const [source, target] = [new URL('../src/', import.meta.url), new URL('../dist/', import.meta.url)]

await rm(target, { recursive: true, force: true })
await mkdir(target)
for (const name of await readdir(source)) {
  if (name.endsWith('.ts')) {
    const code = stripTypeScriptTypes(await readFile(new URL(name, source), 'utf8'))
    // Imports name the source, `./x.ts`; here it is called `./x.js`.
    await writeFile(new URL(name.replace(/ts$/, 'js'), target), code.replace(/( from '\.\/[\w-]+)\.ts'/g, "$1.js'"))
  } else await copyFile(new URL(name, source), new URL(name, target))
}
