import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldersOf, LogReader } from './log-reader.ts'

const sha = (digit: string) => digit.repeat(40)
const head = (name: string, parents: string, subject: string, body = '') =>
  Buffer.concat([Buffer.from(`\u0001${sha(name)}\0${parents}\x0010\x0020\0`), Buffer.from(subject), Buffer.from(`\0${body}\0\0`)])

const log = Buffer.concat([
  head('a', '', 'begin'),
  Buffer.from('\n3\t1\tsrc/a.ts\x00-\t-\tlogo.png\x002\t0\tline\nend\0'),
  head('b', sha('a'), 'Revert "begin"', `This reverts commit ${sha('a')}.\n`),
  head('c', `${sha('a')} ${sha('b')}`, 'merge', `(cherry picked from commit ${sha('b')})\n`),
  Buffer.concat([Buffer.from(`\u0001${sha('d')}\0${sha('c')}\x0010\x0020\0caf\xe9`, 'latin1'), Buffer.from('\0\0\0')]),
  Buffer.from('\n:100644 100644 0 1 M\0\u0001odd\0:100644 100644 0 1 M\0\n\0'),
])

function read(bytes: Buffer, cuts: readonly number[]) {
  const reader = new LogReader()
  const parts = [0, ...cuts, bytes.length].map((at, index, all) => bytes.subarray(at, all[index + 1] ?? bytes.length))
  const commits = parts.flatMap((part) => reader.push(part))
  return [...commits, ...[reader.end()].filter((last) => last !== undefined)]
}

describe('what git log writes', () => {
  it('is read with its files, its lines, what it reverts and was picked from', () => {
    expect(read(log, [])).toEqual([
      {
        sha: sha('a'),
        parents: [],
        authored: 10,
        committed: 20,
        subject: 'begin',
        files: 3,
        added: 5,
        deleted: 1,
        paths: ['src/a.ts', 'logo.png', 'line\nend'],
      },
      {
        sha: sha('b'),
        parents: [sha('a')],
        authored: 10,
        committed: 20,
        subject: 'Revert "begin"',
        files: 0,
        added: 0,
        deleted: 0,
        paths: [],
        reverts: [sha('a')],
      },
      { sha: sha('c'), parents: [sha('a'), sha('b')], authored: 10, committed: 20, subject: 'merge', picked: [sha('b')] },
      // What is not UTF-8 shows so; without contents lines are not known.
      { sha: sha('d'), parents: [sha('c')], authored: 10, committed: 20, subject: 'caf\uFFFD', files: 2, paths: ['\u0001odd', '\n'] },
    ])
  })

  it('is the same however it is cut', () => {
    const whole = read(log, [])
    fc.assert(
      fc.property(fc.array(fc.nat({ max: log.length }), { maxLength: 8 }), (cuts) => {
        expect(
          read(
            log,
            cuts.toSorted((a, b) => a - b),
          ),
        ).toEqual(whole)
      }),
    )
  })

  it('has subjects of one line without signs for the terminal, and not endless', () => {
    const [bell, long] = read(Buffer.concat([head('a', '', 'a\u001b[31mb'), head('b', '', 'x'.repeat(900_000))]), [400_000])
    expect(bell!.subject).toBe('a [31mb')
    expect(long!.subject).toHaveLength(200)
  })

  it('tells folders where there are many files', () => {
    const paths = Array.from({ length: 300 }, (_, n) => `services/s${n % 3}/deep/f${n}.ts`)
    expect(foldersOf(paths)).toEqual(['services/s0/deep/', 'services/s1/deep/', 'services/s2/deep/'])
    expect(foldersOf(Array.from({ length: 300 }, (_, n) => `f${n}`))).toEqual(['/'])
  })
})
