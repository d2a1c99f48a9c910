import { describe, expect, it } from 'vitest'
import { readDocument } from './document.ts'
import { faultsIn, faultsOf } from './testing.ts'

const read = (text: string) => readDocument(text, 'threeways.yaml')
const told = (text: string) => read(text).faults.map((fault) => `${fault.line}:${fault.column} ${fault.message}`)

describe('text that is no YAML is refused where it goes wrong', () => {
  it.each([
    ['a tab', 'a:\n\tb: 1\n', '2:1 not YAML: a tab indents this line: tabs are not allowed as indentation'],
    ['a tab among spaces', 'a:\n  b: 1\n  \tc: 2\n', '3:'],
    ['an open quote', 'a: "x\n', '2:1 not YAML: something is not closed or left out: missing closing "quote'],
    ['a wrong indent', 'a:\n  b: 1\n c: 2\n', '3:1 not YAML: this line is not indented as its neighbours are'],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1 not YAML: a second document begins here'],
    ['a tag', 'a: !secret x\n', '1:4 not YAML: tags have no meaning here'],
    ['an unknown escape', 'a: "\\q"\n', '1:5 not YAML: unknown escape in double quotes'],
    ['another YAML version', '%YAML 1.1\n---\na: yes\n', '1:1 the file asks for YAML 1.1'],
    ['nothing', '# only a comment\n', '1:1 the file is empty'],
    ['a list', '- a\n', '1:1 the file should hold keys and values'],
  ])('%s', (_, text, message) => {
    expect(told(text)[0]).toContain(message)
    expect(read(text).broken).toBe(true)
  })
})

describe('keys', () => {
  it('may stand only once, and the fault names the first', () => {
    expect(told('a: 1\nb: 2\na: 3\n')).toEqual(['3:1 the key "a" is there twice, first on line 1'])
  })

  it('are plain words', () => {
    expect(told('? [a]\n: 1\n')).toEqual(['1:3 a key should be a plain word'])
    expect(told('a: {: 1}\n')).toEqual(['1:5 a key is missing before the ":"'])
    expect(told('__proto__: 1\n')).toEqual(['1:1 "__proto__" cannot be a key'])
  })
})

describe('values are what they look like', () => {
  it.each([
    ['1.10', '1:4 1.10 would be read as 1.1'],
    ['0123', '1:4 0123 would be read as 123'],
    ['True', '1:4 True would be read as true'],
    ['12345678901234567890', '1:4 12345678901234567890 would be read as 12345678901234567000'],
    ['.inf', '1:4 .inf would be read as Infinity'],
    ['"a\\0b"', '1:4 holds a character that no text has'],
    ['"\\ud800"', '1:4 holds a character that no text has'],
  ])('refuses %s', (written, message) => {
    expect(told(`a: ${written}\n`)).toEqual([message])
  })

  it('keeps quoted text, numbers, truth values and blocks', () => {
    expect(read('a: "1.10"\nb: 12\nc: true\nd: ~\ne: |\n  x\n  y\nf: yes\n').value).toEqual({
      a: '1.10',
      b: 12,
      c: true,
      d: null,
      e: 'x\ny\n',
      f: 'yes',
    })
  })
})

describe('anchors, aliases and merges', () => {
  it('are followed; what a map says itself wins', () => {
    const { value, faults } = read('x-a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\ne: {<<: [{f: 1}, *a]}\ng: *a\n')
    expect(faults).toEqual([])
    expect(value).toMatchObject({ d: { b: 1, c: 3 }, e: { f: 1, b: 1, c: 2 }, g: { b: 1, c: 2 } })
  })

  it('must name something that stands before and does not contain them', () => {
    expect(told('a: *b\nb: &b 1\n')).toEqual(['1:4 no anchor "&b" stands before this alias'])
    expect(told('a: &a {b: *a}\n')).toEqual(['1:11 the alias "*a" contains itself'])
    expect(told('a: {<<: 1}\n')).toEqual(['1:9 "<<" should name a map that stands before it'])
    expect(told('a: &a {<<: *a}\n')).toEqual(['1:12 "<<" should name a map that stands before it'])
  })

  it.each(['list', 'merge'])('cannot stand for a billion values: %s', (kind) => {
    const ten = (name: string) =>
      kind === 'list'
        ? `[${Array(10).fill(`*${name}`).join(', ')}]`
        : `{k: {<<: [${Array(10).fill(`*${name}`).join(', ')}]}, m: {<<: *${name}}}`
    const lines = ['a: &a0 {x: 1}', ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} ${ten(`a${n}`)}`)]
    expect(told(lines.join('\n'))[0]).toMatch(/holds more than 10000 values, counting what its aliases repeat|more than 40 levels deep/)
  })

  it('leaves a merged key at its own place', () => {
    const { places } = read('x-a: &a {c: 1}\nd:\n  <<: *a\n  c: 3\n')
    expect(places.at('/d/c')).toMatchObject({ line: 4, column: 6 })
  })

  it('keeps the place of what an alias repeats', () => {
    const { places } = read('a: &a\n  b: 1\nc: *a\n')
    expect(places.at('/c')).toMatchObject({ line: 3, column: 4 })
    expect(places.at('/a/b')).toMatchObject({ line: 2, column: 6 })
  })
})

describe('a dollar sign', () => {
  it('is written twice, as in Compose', () => {
    expect(read('a: "costs $$5"\n').value).toEqual({ a: 'costs $5' })
  })

  it('never takes a value from the machine that reads the file', () => {
    const faults = read('a: x$HOME\nb: "${PORT:-1} $$ ${B}"\nc: 5$\n').faults
    expect(faults.map((fault) => `${fault.line}:${fault.column} ${fault.message}`)).toEqual([
      '1:5 "$HOME" would take a value from the machine that reads this file, so the same commit would mean different things',
      '2:5 "${PORT:-1}" would take a value from the machine that reads this file, so the same commit would mean different things',
      '2:19 "${B}" would take a value from the machine that reads this file, so the same commit would mean different things',
      '3:5 "$" is not complete: in Compose a dollar sign begins a variable',
    ])
    expect(faults[0]!.help).toContain('x-threeways.environments')
  })
})

describe('huge and strange files', () => {
  it('refuses more than 1 MiB', () => {
    expect(faultsIn(`a: ${'x'.repeat(1024 * 1024)}`)).toEqual(['1:1 is 1048579 bytes long, more than the 1048576 a definition may have'])
  })

  it('refuses what is not UTF-8, at its first bad byte', () => {
    expect(faultsIn(Buffer.concat([Buffer.from('name: a\nx: '), Buffer.from([0xff, 0xfe])]))).toEqual(['2:4 is not UTF-8 from here on'])
    expect(faultsIn('a: \ud800')).toEqual(['1:4 is not UTF-8 from here on'])
  })

  it('does not count a byte order mark', () => {
    expect(faultsOf('\ufeffnam: a\n')[0]).toMatchObject({ line: 1, column: 1 })
  })

  it('refuses what is long without meaning before it is parsed', () => {
    expect(told(`a: [${','.repeat(1_000_000)}`)).toEqual(['1:99999 has more than 100000 words and signs'])
  })

  it('refuses deep nesting', () => {
    expect(told(`a: ${'['.repeat(2000)}${']'.repeat(2000)}`)[0]).toMatch(/nested too deeply|more than 40 levels deep/)
  })
})
