#!/usr/bin/env node
// A provider for tests, as small as one can be: what it makes are files in the folder that option `store` names, one for each
// project and service; what it was asked stands in the file `calls` there.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const parameter = (name, required = false, type = 'string', more = {}) => ({ name, description: name, required, type, ...more })
const always = [parameter('store', true), parameter('mute')]
const metadata = {
  description: 'Keeps files',
  up: {
    parameters: [
      ...always,
      parameter('size', false, 'integer'),
      parameter('kind', false, 'string', { enum: 'mysql,postgres' }),
      parameter('tag'),
      parameter('slow', false, 'integer'),
      parameter('fail'),
    ],
  },
  down: { parameters: [...always, parameter('stuck')] },
  stop: { parameters: always },
}
const say = (type, message) => console.log(JSON.stringify({ type, message }))

const words = process.argv.slice(2)
if (words.join(' ') === 'compose metadata') {
  console.log(JSON.stringify(metadata))
  process.exit(0)
}
const [, projectWord, command, ...rest] = words
const project = projectWord.replace('--project-name=', '')
const service = rest.pop()
const options = {}
for (const word of rest) {
  const [, name, value] = /^--([^=]+)=([^]*)$/.exec(word)
  options[name] = [...(options[name] ?? []), value]
}
const store = options.store[0]
const file = path.join(store, `${project} ${service}`)
mkdirSync(store, { recursive: true })
appendFileSync(path.join(store, 'calls'), `${command} ${service} ${JSON.stringify(options)} in ${process.cwd()} as ${project}\n`)

if (command === 'up') {
  say('debug', 'nobody sees this')
  say('info', `making ${service}\nand a second line`)
  // It exists before it can be told: whoever is killed now has left something behind.
  writeFileSync(`${file}.half`, String(process.pid))
  if (options.slow) await sleep(Number(options.slow[0]))
  if (options.fail) {
    say('setenv', 'PASSWORD=correct horse battery')
    say('error', `no quota left for correct horse battery, ${options.fail[0]}`)
    process.exit(1)
  }
  rmSync(`${file}.half`, { force: true })
  writeFileSync(file, JSON.stringify(options))
  say('setenv', `URL=cloud://user:secret-of-${service}@127.0.0.1:1234/${options.size ?? 'small'}`)
  say('rawsetenv', 'CLOUD_REGION=eu-1')
  say('info', `it is at cloud://user:secret-of-${service}@127.0.0.1:1234/${options.size ?? 'small'}`)
}
if (command === 'down') {
  if (options.stuck && existsSync(options.stuck[0])) {
    if (readFileSync(options.stuck[0], 'utf8') === 'hangs') await sleep(600_000)
    say('error', readFileSync(options.stuck[0], 'utf8'))
    process.exit(1)
  }
  rmSync(`${file}.half`, { force: true })
  rmSync(file, { force: true })
}
