import { expect, it } from 'vitest'
import { linesOf } from './patch-lines.ts'

it('numbers the lines of a change on both sides, and takes no line of the text for its head', () => {
  const patch =
    'diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@ function cart()\n same\n--- gone\n+++ come\n\\ No newline at end of file\n'
  expect(linesOf(patch)).toEqual([
    { kind: 'place', text: 'function cart()' },
    { kind: 'same', text: 'same', from: 3, to: 3 },
    { kind: 'removed', text: '-- gone', from: 4 },
    { kind: 'added', text: '++ come', to: 4 },
    { kind: 'place', text: 'no line end at the end of the file' },
  ])
  expect(linesOf('')).toEqual([])
})
