import { describe, expect, it } from 'vitest'
import { tellingLine } from './telling-line.ts'

describe('the line that says why a program failed', () => {
  it.each([
    ['smoke: GET / answered 500 instead of 200\n', 'smoke: GET / answered 500 instead of 200'],
    [
      "file:///app.mjs:3\nthrow new Error('no')\n\nError: no such table\n    at run (a.js:1:2)\n\nNode.js v24.21.0\n",
      'Error: no such table',
    ],
    ['not ok 2 - subtracts\n# tests 2\n# fail 1\n# duration_ms 433.8\n', 'not ok 2 - subtracts'],
    ['npm error code ELIFECYCLE\nnpm error A complete log of this run can be found in: /x\n', ''],
    ['building\nsrc/a.ts(3,1): error TS2322: no\nnpm error Lifecycle script failed\n', 'src/a.ts(3,1): error TS2322: no'],
    ['one\ntwo\n\n', 'two'],
    ['', ''],
  ])('of %j is %j', (output, line) => {
    expect(tellingLine(output)).toBe(line)
  })
})
