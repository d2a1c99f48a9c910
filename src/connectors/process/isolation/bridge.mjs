// Plain JavaScript: it starts with every isolated service, and to strip types would double what that takes.
//
// Carries connections between a unix socket and a port of 127.0.0.1, and back, across the border of a network namespace. With a
// command it starts that as soon as everything listens, and ends as it ends.
// Argument: {"links": [{"at": Address, "to": Address}], "command": [program, argument…]}; an address is a port or a path.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { constants } from 'node:os'

/** Of what a service said before it ended, the rest is passed on for at most this long. */
const flushMsMax = 1_000

const open = new Set()

function addressOf(at) {
  return typeof at === 'number' ? { host: '127.0.0.1', port: at } : { path: at }
}

function carry(client, to) {
  const target = connect({ ...addressOf(to), allowHalfOpen: true, noDelay: true })
  open.add(client).add(target)
  for (const [one, other] of [
    [client, target],
    [target, client],
  ]) {
    one.once('error', () => {
      one.destroy()
      other.destroy()
    })
    one.once('close', () => open.delete(one))
    one.pipe(other)
  }
}

/** Says whether somebody listens at a port, to whoever connects: a connection to us would succeed all the same. */
function answer(client, port) {
  client.on('error', () => {})
  const look = connect(addressOf(port))
  look.once('connect', () => client.end('yes')).once('error', () => client.end('no'))
  client.once('close', () => look.destroy())
}

function listen({ at, to, asks }) {
  if (typeof at === 'string') rmSync(at, { force: true })
  const handle = asks ? (client) => answer(client, to) : (client) => carry(client, to)
  const server = createServer({ allowHalfOpen: !asks, noDelay: true }, handle)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(addressOf(at), resolve)
  })
}

/** Settings of Node are the service's, not ours: they were put aside for it. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name.replace(/^THREEWAYS_HELD_/, ''), value]))
}

function run([program, ...args]) {
  const child = spawn(program, args, { stdio: 'inherit', env: environment() })
  // Whoever asks the service to stop asks its whole group, the service included.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']) process.on(signal, () => {})
  child.once('error', (error) => {
    console.error(`${program}: ${error.code === 'ENOENT' ? 'not found' : error.message}`)
    process.exit(error.code === 'ENOENT' ? 127 : 126)
  })
  child.once('exit', (code, signal) => {
    const status = code ?? 128 + constants.signals[signal]
    setTimeout(() => process.exit(status), flushMsMax).unref()
    const look = () => (open.size === 0 ? process.exit(status) : setTimeout(look, 5))
    look()
  })
}

const { links, command } = JSON.parse(process.argv[2])
await Promise.all(links.map(listen))
if (command) run(command)
