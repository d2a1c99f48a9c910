import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstVersion, readTools, satisfies } from './tools.ts'

describe('the version a tool tells', () => {
  it.each([
    ['v24.21.0\n', '24.21.0'],
    ['go version go1.22.1 linux/amd64', '1.22.1'],
    ['Python 3.11.2', '3.11.2'],
    ['openjdk 17.0.9 2023-10-17\nOpenJDK Runtime Environment (build 17.0.9+9)', '17.0.9'],
    ['v25.0.0-nightly20260101', '25.0.0-nightly20260101'],
    ['psql (PostgreSQL) 18.1 (Debian 18.1-1)', '18.1'],
    ['less 590 (GNU regular expressions)', '590'],
    ['no version at all', undefined],
  ])('of %j is %s', (text, version) => expect(firstVersion(text)).toBe(version))

  it('satisfies its leading parts and nothing else', () => {
    for (const wanted of ['24', '24.21', '24.21.0', 'v24']) expect(satisfies('24.21.0', wanted)).toBe(true)
    for (const wanted of ['2', '24.2', '240', '24.21.0.1', '']) expect(satisfies('24.21.0', wanted)).toBe(false)
  })
})

describe('the tools of a definition', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools test '))
    await writeFile(join(folder, 'mute'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    await writeFile(join(folder, 'shy'), '#!/bin/sh\necho "shy 1.2.3" >&2\n', { mode: 0o755 })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const positions = { at: (path: string) => ({ file: 'threeways.yaml', line: path.length, column: 1 }) }
  const asking = () => ({ cwd: folder, env: { PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin` }, positions })

  it('are read exactly', async () => {
    expect(await readTools({ shy: '1', node: process.versions.node.split('.')[0]! }, asking())).toEqual({
      node: process.versions.node,
      shy: '1.2.3',
    })
    expect(await readTools({}, asking())).toEqual({})
  })

  it('are refused when they are another version, at the line that asks, with the fix', async () => {
    await expect(readTools({ shy: '2' }, asking())).rejects.toMatchObject({
      code: 'TOOL_MISMATCH',
      message: '"shy" is 1.2.3; the definition wants 2',
      faults: [
        {
          path: '/x-threeways/tools/shy',
          file: 'threeways.yaml',
          line: '/x-threeways/tools/shy'.length,
          help: expect.stringContaining('shy 2'),
        },
      ],
    })
  })

  it('are refused when they are missing, say nothing, or are a path', async () => {
    const failed = readTools({ absent: '1', mute: '1', './shy': '1', '-x': '1', shy: '2' }, asking())
    await expect(failed).rejects.toMatchObject({ code: 'TOOL_MISSING', faults: { length: 5 } })
  })
})
