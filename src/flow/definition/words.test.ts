import { describe, expect, it } from 'vitest'
import { splitWords } from './words.ts'

describe('a command line becomes words without a shell', () => {
  it.each([
    ['npm run build', ['npm', 'run', 'build']],
    ['  node   server.js\t--port=1 ', ['node', 'server.js', '--port=1']],
    [`node -e 'a b' "c \\"d\\" \\n"`, ['node', '-e', 'a b', 'c "d" \\n']],
    [`a''b "" c\\ d`, ['ab', '', 'c d']],
    [`echo '$HOME * && |'`, ['echo', '$HOME * && |']],
    ['npx --yes pkg@1 a=b x#y', ['npx', '--yes', 'pkg@1', 'a=b', 'x#y']],
    ['', []],
  ])('splits %j', (text, words) => {
    expect(splitWords(text)).toEqual({ words })
  })

  it.each([
    ['npm ci && npm test', '"&&" needs a shell', 7],
    ['a | b', '"|" needs a shell', 2],
    ['a || b', '"||" needs a shell', 2],
    ['a > b', '">" needs a shell', 2],
    ['echo $(date)', '"$(" needs a shell', 5],
    ['echo "$HOME"', '"$" needs a shell', 6],
    ['rm *.js', '"*" needs a shell', 3],
    ['a; b', '";" needs a shell', 1],
    ['a\nb', '"a line break" needs a shell', 1],
    ['NODE_ENV=test npm test', '"NODE_ENV=" sets a variable, which needs a shell', 0],
    ['ls ~/x', '"~" needs a shell', 3],
    ['a # b', '"#" would begin a comment in a shell', 2],
    [`a 'b`, 'a single quote is not closed', 2],
    ['a "b', 'a double quote is not closed', 2],
    ['a \\', 'a backslash at the end escapes nothing', 2],
  ])('says why it cannot split %j', (text, problem, offset) => {
    expect(splitWords(text)).toEqual({ problem, offset })
  })
})
