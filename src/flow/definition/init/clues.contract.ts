import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClueReader, ProjectFiles } from './clues.port.ts'

/** A project with these files, for tests. */
export function projectWith(files: Readonly<Record<string, string>>, folder = 'shop'): ProjectFiles {
  return { folder, files, paths: Object.keys(files), node: '24.21.0' }
}

/**
 * What every reader keeps to.
 * @param example - a text it understands
 */
export function clueReaderContract(name: string, reader: ClueReader, example: string): void {
  const [file] = reader.reads
  describe(`${name} as a reader of clues`, () => {
    it('says nothing when its file is not there', () => {
      expect(reader.read(projectWith({}), '.')).toBeUndefined()
      expect(reader.read(projectWith({ [file!]: example }), 'api')).toBeUndefined()
    })

    it('names the file it read, in the folder it was asked for', () => {
      expect(reader.read(projectWith({ [file!]: example }), '.')?.from).toBe(file)
      expect(reader.read(projectWith({ [`api/${file}`]: example }), 'api')?.from).toBe(`api/${file}`)
    })

    it('never throws, whatever the file holds', () => {
      const damaged = fc
        .tuple(fc.nat(example.length), fc.nat(8), fc.string({ maxLength: 8, unit: 'binary' }))
        .map(([at, count, text]) => example.slice(0, at) + text + example.slice(at + count))
      fc.assert(
        fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.json()), (text) => {
          const clues = reader.read(projectWith({ [file!]: text }), '.')
          expect(clues?.from).toBe(file)
          for (const { what, why } of clues?.leftOut ?? []) expect(what.length * why.length).toBeGreaterThan(0)
        }),
        { numRuns: 40 },
      )
    })
  })
}
