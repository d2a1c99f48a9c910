import { spawn, spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Digest } from '../../kernel/digest.ts'
import { run } from '../../kernel/process.ts'
import { artifactFolder, packArtifact, pruneArtifacts, removeArtifact, verifyArtifact } from './artifact.ts'
import { exists, removeTree } from './folders.ts'
import { digestOfTree } from './tree.ts'

describe('an artifact', () => {
  let place: string
  let from: string
  let store: string
  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'artifact test ')))
    from = join(place, 'checkout')
    store = join(place, 'store')
    await write({ 'dist/main.js': 'main', 'dist/deep/x': 'x', 'package.json': '{}', 'src/main.ts': 'ts', secret: 's' })
    await chmod(join(from, 'dist/main.js'), 0o755)
  })
  afterEach(() => removeTree(place))

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(from, path)), { recursive: true })
      await writeFile(join(from, path), text)
    }
  }
  const pack = (...paths: string[]) => packArtifact({ from, pack: paths, store })
  const refusal = (code: string, message: string) => expect.objectContaining({ code, message: expect.stringContaining(message) })

  it('holds what is packed, read-only, under the digest of its content', async () => {
    const artifact = await pack('dist', './package.json', 'dist/deep/')
    expect(artifact).toMatchObject({ files: 3, bytes: 7, folder: artifactFolder(store, artifact.digest) })
    expect((await readdir(artifact.folder, { recursive: true })).toSorted()).toEqual([
      'dist',
      'dist/deep',
      'dist/deep/x',
      'dist/main.js',
      'package.json',
    ])
    expect(await digestOfTree(artifact.folder)).toBe(artifact.digest)
    for (const [path, mode] of Object.entries({ 'dist/main.js': 0o555, 'package.json': 0o444, dist: 0o555, '': 0o555 })) {
      expect((await lstat(join(artifact.folder, path))).mode & 0o777).toBe(mode)
    }
    await verifyArtifact(store, artifact.digest)
  })

  it('is one, however often and by however many at once it is packed', async () => {
    const made = await Promise.all([pack('.'), pack('.'), pack('.'), pack('.')])
    expect(new Set(made.map(({ digest }) => digest)).size).toBe(1)
    expect(await readdir(store)).toEqual([made[0]!.digest.slice(7)])
    expect(await pack('.')).toEqual(made[0])
  })

  it('says at which line of the definition something is missing', async () => {
    const positions = { at: (path: string) => ({ file: 'threeways.yaml', line: path.endsWith('/1') ? 7 : 1, column: 3 }) }
    await expect(packArtifact({ from, pack: ['dist', 'build/'], store, positions })).rejects.toMatchObject({
      code: 'PACK_MISSING',
      faults: [{ path: '/x-threeways/artifact/pack/1', file: 'threeways.yaml', line: 7, value: 'build/' }],
    })
  })

  it('refuses paths to outside the checkout', async () => {
    await symlink('/etc', join(from, 'out'))
    for (const path of ['/etc', '..', 'dist/../../x', '', 'out/passwd']) {
      await expect(pack('dist', path)).rejects.toEqual(refusal('PACK_ESCAPES', `"${path}"`))
    }
  })

  it('keeps links that stay inside and refuses those that leave', async () => {
    await symlink('main.js', join(from, 'dist/main'))
    await symlink('nowhere', join(from, 'dist/dangling'))
    const { folder } = await pack('dist')
    expect(await readlink(join(folder, 'dist/main'))).toBe('main.js')
    expect(await readlink(join(folder, 'dist/dangling'))).toBe('nowhere')

    // `up` is the top of the artifact, so `up/../x` is outside though it reads as `dist/x`.
    const leaving = {
      '/etc/passwd': 'outside',
      '../../x': 'outside',
      'up/../x': 'outside',
      loop: 'outside',
      '../src/main.ts': 'not packed',
    }
    await symlink('..', join(from, 'dist/up'))
    for (const [target, why] of Object.entries(leaving)) {
      await symlink(target, join(from, 'dist/loop'))
      await expect(pack('dist')).rejects.toEqual(refusal('PACK_ESCAPES', why))
      await rm(join(from, 'dist/loop'))
    }
  })

  it('leaves nothing of a packing that was refused', async () => {
    await run('mkfifo', [join(from, 'dist/pipe')])
    await expect(pack('dist')).rejects.toEqual(refusal('FILE_SPECIAL', 'pipe'))
    expect(await readdir(store).catch(() => [])).toEqual([])
  })

  it('does not appear when its packing is killed at the last moment, and the next one clears up', async () => {
    // A `sync` that never returns holds the packing where everything is copied and nothing has appeared.
    const held = join(place, 'held')
    await mkdir(join(place, 'bin'))
    await writeFile(join(place, 'bin/sync'), `#!/bin/sh\necho $$ > '${held}.new' && mv '${held}.new' '${held}'\nexec sleep 60\n`, {
      mode: 0o755,
    })
    const script = `import { packArtifact } from ${JSON.stringify(join(import.meta.dirname, 'artifact.ts'))}
      await packArtifact(${JSON.stringify({ from, pack: ['dist'], store })})`
    const env = { PATH: `${join(place, 'bin')}:${process.env['PATH']}` }
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'inherit' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    while (!(await exists(held))) await sleep(5)
    expect(await pack('package.json')).toBeDefined()
    expect((await readdir(store)).filter((name) => name.includes('.new.'))).toHaveLength(1)
    child.kill('SIGKILL')
    process.kill(Number(await readFile(held, 'utf8')), 'SIGKILL')
    await ended
    const { digest } = await pack('package.json')
    expect(await readdir(store)).toEqual([digest.slice(7)])
  })

  const smallDisk = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" --input-type=module -e "$3"'
  const unshare = ['--user', '--map-root-user', '--mount', 'sh', '-c']
  const canMount = spawnSync('unshare', [...unshare, 'mount -t tmpfs tmpfs /mnt']).status === 0

  it.skipIf(!canMount)('says that the disk is full, and fills it with nothing (needs user namespaces for a small disk)', async () => {
    await write({ 'large/a': 'x'.repeat(200_000), 'large/b': 'y'.repeat(200_000) })
    await mkdir(store)
    const script = `import { readdirSync } from 'node:fs'
      import { packArtifact } from ${JSON.stringify(join(import.meta.dirname, 'artifact.ts'))}
      const error = await packArtifact(${JSON.stringify({ from, pack: ['large'], store })}).catch((error) => error)
      console.log(JSON.stringify([error.code, readdirSync(${JSON.stringify(store)})]))`
    const ran = await run('unshare', [...unshare, smallDisk, 'sh', store, process.execPath, script])
    expect(ran.stdout.trim()).toBe('["DISK_FULL",[]]')
  })

  it('is seen to be damaged', async () => {
    const { digest, folder } = await pack('dist')
    await chmod(join(folder, 'dist/main.js'), 0o755)
    await writeFile(join(folder, 'dist/main.js'), 'other')
    await expect(verifyArtifact(store, digest)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' })
    await expect(verifyArtifact(store, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })

  it('is removed when nobody keeps it', async () => {
    const [one, two] = [await pack('dist'), await pack('package.json')]
    await mkdir(join(store, `${'1'.repeat(64)}.gone`))
    expect(await pruneArtifacts(store, new Set<Digest>([one.digest]))).toEqual([two.digest])
    expect(await readdir(store)).toEqual([one.digest.slice(7)])
    await removeArtifact(store, one.digest)
    await removeArtifact(store, one.digest)
    expect(await readdir(store)).toEqual([])
    expect(await readFile(join(from, 'dist/main.js'), 'utf8')).toBe('main')
  })
})
