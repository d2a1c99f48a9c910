import { describe, expect, it } from 'vitest'
import { readPackages } from './packages.ts'

const read = (path: string, text: string) => {
  const { ecosystem, packages } = readPackages(path, text) ?? {}
  return packages === undefined ? undefined : { ecosystem, ...Object.fromEntries(packages) }
}

describe('packages a lock file pins', () => {
  it('reads npm, with a package that is there in two versions, an alias and a workspace', () => {
    const packages = {
      '': { name: 'shop' },
      web: { version: '1.0.0' },
      'node_modules/web': { link: true },
      'node_modules/@types/node': { version: '24.0.0' },
      'node_modules/ws': { version: '8.0.0' },
      'node_modules/a/node_modules/ws': { version: '7.0.0' },
      'node_modules/alias': { name: 'real', version: '3.0.0' },
    }
    expect(read('web/package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }))).toEqual({
      ecosystem: 'npm',
      '@types/node': ['24.0.0'],
      ws: ['8.0.0', '7.0.0'],
      real: ['3.0.0'],
    })
    const old = { dependencies: { a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } } } }
    expect(read('package-lock.json', JSON.stringify(old))).toMatchObject({ a: ['1.0.0'], b: ['2.0.0'] })
  })

  it('reads pnpm and both yarns', () => {
    const pnpm =
      "lockfileVersion: '9.0'\npackages:\n  '@a/b@1.2.3':\n    resolution: {}\n  react-dom@19.0.0(react@19.0.0):\n    resolution: {}\n"
    expect(read('pnpm-lock.yaml', pnpm)).toMatchObject({ '@a/b': ['1.2.3'], 'react-dom': ['19.0.0'] })
    expect(read('yarn.lock', '# v1\n\n"@a/b@^1.0.0", "@a/b@^1.1.0":\n  version "1.2.3"\n  dependencies:\n    ws "8"\n')).toMatchObject({
      '@a/b': ['1.2.3'],
    })
    expect(read('yarn.lock', '"ws@npm:^8.0.0":\n  version: 8.1.0\n\n"shop@workspace:.":\n  version: 0.0.0-use.local\n')).toEqual({
      ecosystem: 'npm',
      ws: ['8.1.0'],
    })
  })

  it('reads those of Rust, Python, Ruby, Go and PHP', () => {
    const toml =
      '[[package]]\nname = "serde"\nversion = "1.0.1"\n\n[package.source]\nname = "x"\n\n[[package]]\nname = "rand"\nversion = "0.9.0"\n'
    for (const name of ['Cargo.lock', 'poetry.lock', 'uv.lock'])
      expect(read(name, toml)).toMatchObject({ serde: ['1.0.1'], rand: ['0.9.0'] })
    expect(read('Gemfile.lock', 'GEM\n  specs:\n    rack (3.0.0)\n      base64 (>= 0)\n')).toEqual({ ecosystem: 'gem', rack: ['3.0.0'] })
    expect(read('go.sum', 'x.org/a v1.2.3 h1:abc=\nx.org/a v1.2.3/go.mod h1:def=\n')).toEqual({ ecosystem: 'go', 'x.org/a': ['v1.2.3'] })
    expect(read('composer.lock', '{"packages":[{"name":"a/b","version":"1.0"}]}')).toMatchObject({ 'a/b': ['1.0'] })
    expect(read('Pipfile.lock', '{"default":{"flask":{"version":"==3.0"}}}')).toMatchObject({ flask: ['3.0'] })
  })

  it('says that it cannot read what is of another kind or broken', () => {
    expect(read('flake.lock', '{}')).toBeUndefined()
    expect(read('package-lock.json', '{')).toBeUndefined()
  })
})
