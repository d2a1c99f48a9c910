import { describe, expect, it } from 'vitest'
import { sha256 } from '../../kernel/digest.ts'
import { makeKey } from '../../kernel/signing/keys.ts'
import { seal } from '../../kernel/signing/dsse.ts'
import { faultOf } from './attestor.ts'
import { disagreement } from './policy.ts'
import { sbomOf } from './sbom.ts'
import { payloadType, provenanceOf, type Made } from './statements.ts'

const made: Made = {
  digest: sha256('candidate'),
  commit: 'a'.repeat(40),
  artifact: sha256('artifact'),
  environment: sha256('environment'),
  tools: { node: '24.1.0' },
  lockFiles: { 'package-lock.json': sha256('lock') },
}
const how = {
  stream: 'shop',
  run: '1',
  startedOn: '',
  finishedOn: '',
  builder: 'urn:b',
  version: '1',
  build: [],
  pack: [],
  reproducible: true,
}
const statement = provenanceOf({ ...how, made, sbom: sha256('sbom') })

describe('provenance', () => {
  it('holds when it says what the ledger says', () => {
    expect(disagreement(statement, made)).toBeUndefined()
  })

  it.each([
    ['another candidate', { digest: sha256('x') }, 'it is about another candidate'],
    ['another artifact', { artifact: sha256('x') }, 'it names another artifact'],
    ['another environment', { environment: sha256('x') }, 'it names another environment'],
    ['another commit', { commit: 'b'.repeat(40) }, 'it names another commit'],
    ['another lock file', { lockFiles: { 'package-lock.json': sha256('x') } }, 'it names another package-lock.json'],
    ['one lock file more', { lockFiles: { ...made.lockFiles, 'yarn.lock': sha256('x') } }, 'it names another yarn.lock'],
  ])('of %s does not', (_, other, why) => {
    expect(disagreement(statement, { ...made, ...other })).toContain(why)
  })

  it.each([undefined, null, 1, {}, { ...statement, predicateType: 'x' }, { ...statement, predicate: {} }, { ...statement, subject: 'x' }])(
    'that is none does not: %j',
    (value) => {
      expect(disagreement(value, made)).toEqual(expect.any(String))
    },
  )

  it('is believed of a trusted key alone', () => {
    const [ours, theirs] = [makeKey().signer, makeKey().signer]
    const body = JSON.stringify(seal(payloadType, JSON.stringify(statement), theirs))
    expect(faultOf(body, sha256(body), [theirs], made)).toBeUndefined()
    expect(faultOf(body, sha256(body), [ours], made)).toBe('no key that is trusted here has signed it')
    expect(faultOf(body, sha256('x'), [theirs], made)).toBe('it was changed where it was kept')
    const plain = JSON.stringify(seal('text/plain', JSON.stringify(statement), theirs))
    expect(faultOf(plain, sha256(plain), [theirs], made)).toContain('no in-toto statement')
  })
})

describe('a bill of materials', () => {
  const about = { stream: 'shop', commit: made.commit, committedAt: '2026-01-01T00:00:00.000Z', version: '1' }
  const packages = {
    '': { dependencies: { a: '1' }, devDependencies: { '@s/b': '1' } },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-AAAA', license: 'MIT', dependencies: { c: '1' } },
    'node_modules/a/node_modules/c': { version: '2.0.0', resolved: 'git+ssh://git@example.com/c.git#1' },
    'node_modules/@s/b': { version: '1.0.0', dev: true, license: 'SEE LICENSE IN x', dependencies: { c: '1' } },
    'node_modules/c': { version: '1.0.0' },
    'node_modules/w': { link: true, resolved: 'w' },
    w: { dependencies: { c: '1' } },
  }
  const read = (locks: readonly { path: string; text: string | undefined }[]) => {
    const { text, ...rest } = sbomOf(about, locks)
    return { ...rest, document: JSON.parse(text) as { components: object[]; dependencies: object[]; compositions: object[] } }
  }

  it('has what the lock file pins, and who asks for what', () => {
    const { document, components } = read([{ path: 'package-lock.json', text: JSON.stringify({ packages }) }])
    expect(components).toBe(4)
    expect(document.components).toMatchObject([
      {
        name: 'a',
        version: '1.0.0',
        hashes: [{ alg: 'SHA-512', content: '000000' }],
        licenses: [{ expression: 'MIT' }],
        scope: 'required',
      },
      { name: 'c', version: '2.0.0' },
      { group: '@s', name: 'b', scope: 'excluded', purl: 'pkg:npm/%40s/b@1.0.0', licenses: [{ license: { name: 'SEE LICENSE IN x' } }] },
      { name: 'c', version: '1.0.0', purl: 'pkg:npm/c@1.0.0' },
    ])
    // What did not come from the registry has no name in it.
    expect(document.components[1]).not.toHaveProperty('purl')
    const at = (place: string) => `package-lock.json#${place}`
    expect(document.dependencies).toContainEqual({ ref: at('node_modules/a'), dependsOn: [at('node_modules/a/node_modules/c')] })
    expect(document.dependencies[0]).toMatchObject({ dependsOn: [at('node_modules/a'), at('node_modules/@s/b'), at('node_modules/c')] })
  })

  it.each([
    ['without a lock file', [], 'unknown'],
    ['of another kind', [{ path: 'Cargo.lock', text: '' }], 'unknown'],
    ['that the build has written anew', [{ path: 'package-lock.json', text: undefined }], 'unknown'],
    ['of a strange shape', [{ path: 'package-lock.json', text: '{"packages":{"node_modules/a":null}}' }], 'unknown'],
    ['of an old form', [{ path: 'package-lock.json', text: '{"lockfileVersion":1,"dependencies":{}}' }], 'unknown'],
    [
      'beside one of another kind',
      [
        { path: 'package-lock.json', text: JSON.stringify({ packages }) },
        { path: 'go.sum', text: '' },
      ],
      'incomplete',
    ],
  ])('says what it does not know: %s', (_, locks, aggregate) => {
    expect(read(locks).document.compositions).toMatchObject([{ aggregate }])
  })
})
