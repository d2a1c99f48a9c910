import { describe, expect, it } from 'vitest'
import { clueReaderContract, projectWith } from '../../flow/definition/init/clues.contract.ts'
import { dockerfile } from './clues.ts'
import { assignments, instructionsOf } from './instructions.ts'

const example = `# syntax=docker/dockerfile:1
FROM node:24 AS build
WORKDIR /src
RUN --mount=type=cache,target=/root/.npm npm ci && \\
    # a comment inside
    npm run build
ENV SECRET=of-the-build

FROM node:24-slim
WORKDIR /app
COPY --from=build /src/dist dist
ENV NODE_ENV=production GREETING="hello \\"you\\"" PATH=/x:$PATH
ENV OLD style
RUN <<EOF
CMD not an instruction
EOF
EXPOSE 53/udp 8080/tcp
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --start-period=30s --retries=2 CMD curl -f http://localhost:8080/health || exit 1
ENTRYPOINT ["node"]
CMD ["/app/dist/server.js", "--verbose"]
`

clueReaderContract('Dockerfile', dockerfile, example)

const read = (text: string) => dockerfile.read(projectWith({ Dockerfile: text }), '.')!

describe('a Dockerfile', () => {
  it('says how its last stage runs', () => {
    expect(read(example).services).toEqual([
      {
        name: 'web',
        folder: '.',
        command: { words: ['node', 'dist/server.js', '--verbose'] },
        port: 8080,
        environment: { NODE_ENV: 'production', GREETING: 'hello "you"', OLD: 'style' },
        health: { test: { shell: 'curl -f http://localhost:8080/health || exit 1' }, interval: '5s', startPeriod: '30s', retries: 2 },
        stop: { signal: 'SIGINT' },
      },
    ])
    expect(read(example).leftOut).toEqual([{ what: 'the variable PATH', why: 'its value depends on the image' }])
  })

  it('gives what it runs as hints for the build', () => {
    expect(read(example).hints).toEqual(['npm ci && npm run build', '<<EOF'])
  })

  it.each([
    ['CMD python app.py', { shell: 'python app.py' }],
    ['ENTRYPOINT ./run.sh\nCMD ["ignored"]', { shell: './run.sh' }],
    ['ENTRYPOINT ["tini", "--"]\nCMD node a.js', { words: ['tini', '--', '/bin/sh', '-c', 'node a.js'] }],
    ['CMD ["a"]\nCMD ["b"]', { words: ['b'] }],
    ['CMD [not json', { shell: '[not json' }],
  ])('%j runs %j', (text, command) => {
    expect(read(`FROM a\n${text}\n`).services![0]!.command).toEqual(command)
  })

  it('without a command has no service', () => {
    expect(read('FROM node:24\nEXPOSE 80\n').services).toEqual([])
  })
})

describe('instructions', () => {
  it('are joined over continuations, also with another escape', () => {
    expect(instructionsOf('RUN a \\\n\n  # no\n  b\nCMD c')).toEqual([
      { name: 'RUN', text: 'a    b' },
      { name: 'CMD', text: 'c' },
    ])
    expect(instructionsOf('# escape=`\nRUN a `\n b')).toEqual([{ name: 'RUN', text: 'a   b' }])
  })

  it('assign variables in both forms', () => {
    expect(assignments(`A=1 B='x y' C=a\\ b`)).toEqual([
      ['A', '1'],
      ['B', 'x y'],
      ['C', 'a b'],
    ])
    expect(assignments('NAME a value')).toEqual([['NAME', 'a value']])
  })
})
