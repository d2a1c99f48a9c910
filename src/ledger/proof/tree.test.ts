import { createHash } from 'node:crypto'
import { assert, asyncProperty, integer, nat } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consistencyPath, inclusionPath, rootOf, type NodeAt } from './tree.ts'
import { emptyRoot, nodeHash, rootsAt, verifyConsistency, verifyInclusion } from './verify.mjs'

const hashed = (bytes: Uint8Array) => createHash('sha256').update(Buffer.of(0)).update(bytes).digest()

// The leaves and roots that the tests of Certificate Transparency publish for RFC 6962.
const published = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

const over =
  (leaves: readonly Buffer[]): NodeAt =>
  async (level, index) =>
    level === 0 ? leaves[index]! : nodeHash(await over(leaves)(level - 1, 2 * index), await over(leaves)(level - 1, 2 * index + 1))

describe('the tree of RFC 9162', () => {
  it('has the roots that are published for it', async () => {
    const leaves = published.map((hex) => hashed(Buffer.from(hex, 'hex')))
    const sizes = roots.map((_, size) => size)
    expect(sizes.map((size) => rootsAt(leaves, sizes).get(size)!.toString('hex'))).toEqual(roots)
    for (const size of sizes) expect((await rootOf(size, over(leaves))).toString('hex')).toBe(roots[size])
  })

  it('proves what is in it, and nothing else', async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 70 }), nat(), nat(), async (size, a, b) => {
        const leaves = Array.from({ length: size }, (_, n) => hashed(Buffer.from([n])))
        const [index, older] = [a % size, b % (size + 1)]
        const all = rootsAt(leaves, [older, size])
        const [root, before] = [all.get(size)!, older === 0 ? emptyRoot : all.get(older)!]
        const path = await inclusionPath(index, size, over(leaves))
        expect(verifyInclusion(leaves[index]!, index, size, path, root)).toBe(true)
        expect(verifyInclusion(hashed(Buffer.from('x')), index, size, path, root)).toBe(false)
        if (size > 1) expect(verifyInclusion(leaves[index]!, (index + 1) % size, size, path, root)).toBe(false)
        const steps = await consistencyPath(older, size, over(leaves))
        expect(verifyConsistency(older, before, size, root, steps)).toBe(true)
        if (older > 0) expect(verifyConsistency(older, hashed(Buffer.from('x')), size, root, steps)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
