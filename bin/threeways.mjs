#!/usr/bin/env node
// Plain JavaScript that any Node can read: an old one must get a sentence, not a syntax error.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const recent = major > 22 || (major === 22 && minor >= 18)

if (recent) {
  // Half of what a short command costs is reading our own types away. Kept where `npm ci` clears it, and only the code's owner writes.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/threeways', import.meta.url)))
  await import('../src/cli/main.ts')
} else {
  const own = ownNode()
  if (own === undefined) {
    console.error(`threeways needs Node 22.18 or newer; this is ${process.versions.node}. Install a current Node from https://nodejs.org`)
    process.exitCode = 1
  } else {
    const child = spawn(own, process.argv.slice(1), { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
  }
}

/** The Node that this repository pins, when the installer brought one for this platform. */
function ownNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch {
    return undefined
  }
}
