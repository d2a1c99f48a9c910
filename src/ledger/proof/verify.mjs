#!/usr/bin/env node
// Checks an exported Threeways ledger offline. This one file and Node 18 or newer are all it takes; it imports nothing but Node
// itself, so that an auditor can read all of it. What it proves, and what it cannot: docs/proof.md.
//
//   node verify.mjs export.jsonl --key "<name>+<id>+<key>" [--against older-export-or-checkpoint]... [--json]
// oxlint-disable max-lines -- one file, so that an auditor has all of it before him
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const sha256 = (...parts) => {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

// ── The leaf. One for each event: RFC 8785 (JCS) text of its place, its arrival, what names it, and the digest of its own JCS text.

/** RFC 8785: members sorted by UTF-16 code units, no white space, ECMAScript numbers. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

/** @param leaf `{digest, id, recordedAt, seq, source, time}`; `digest` is `sha256:<hex>` of the event's canonical text */
export const leafText = ({ digest, id, recordedAt, seq, source, time }) => canonical({ digest, id, recordedAt, seq, source, time })

/** RFC 9162, 2.1.1: the two kinds of hash begin with different bytes, so that a node never passes for a leaf. */
export const leafHash = (leaf) => sha256(Buffer.of(0), leafText(leaf))
export const nodeHash = (left, right) => sha256(Buffer.of(1), left, right)
export const emptyRoot = sha256()

/** When an event says it happened: UTC with nine decimals. */
export function normalTime(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text)
  if (!found) return String(text)
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number)
  const offset = (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * 60_000 * (found[8] === '-' ? -1 : 1)
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second) - offset).toISOString()
  return `${utc.slice(0, 19)}.${(found[7] ?? '').slice(0, 9).padEnd(9, '0')}Z`
}

// ── The tree.

/** Roots at several sizes, in one walk over the leaf hashes. @returns size → root */
export function rootsAt(hashes, sizes) {
  const wanted = new Set(sizes)
  const roots = new Map(wanted.has(0) ? [[0, emptyRoot]] : [])
  // Roots of the complete subtrees so far, the largest first.
  const stack = []
  for (let size = 1; size <= hashes.length; size++) {
    let hash = hashes[size - 1]
    for (let rest = size; rest % 2 === 0; rest /= 2) hash = nodeHash(stack.pop(), hash)
    stack.push(hash)
    if (wanted.has(size))
      roots.set(
        size,
        stack.reduceRight((right, left) => nodeHash(left, right)),
      )
  }
  return roots
}

/** RFC 9162, 2.1.3.2. @param index - counts from 0 */
export function verifyInclusion(leaf, index, size, path, root) {
  if (!(index >= 0 && index < size)) return false
  let [place, last, hash] = [index, size - 1, leaf]
  for (const step of path) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(step, hash)
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)]
    } else hash = nodeHash(hash, step)
    ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  }
  return last === 0 && hash.equals(root)
}

/** RFC 9162, 2.1.4.2: the tree of `first` leaves with root `a` is the beginning of the one of `second` leaves with root `b`. */
export function verifyConsistency(first, a, second, b, path) {
  if (first === second) return path.length === 0 && a.equals(b)
  if (first === 0) return path.length === 0 && a.equals(emptyRoot)
  if (first > second || path.length === 0) return false
  const steps = Number.isInteger(Math.log2(first)) ? [a, ...path] : [...path]
  let [place, last] = [first - 1, second - 1]
  while (place % 2 === 1) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  let [older, newer] = [steps[0], steps[0]]
  for (const step of steps.slice(1)) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      ;[older, newer] = [nodeHash(step, older), nodeHash(step, newer)]
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)]
    } else newer = nodeHash(newer, step)
    ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  }
  return last === 0 && older.equals(a) && newer.equals(b)
}

// ── Signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint).

const ed25519 = 1
export const noteKeyId = (name, raw) => sha256(name, '\n', Buffer.of(ed25519), raw).subarray(0, 4)
/** A key as auditors write it down: `<name>+<id in hex>+<base64 of type and key>`. */
export const writeKey = (name, raw) =>
  `${name}+${noteKeyId(name, raw).toString('hex')}+${Buffer.concat([Buffer.of(ed25519), raw]).toString('base64')}`

/** @throws Error when it is none */
export function readKey(text) {
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64')
  const raw = bytes.subarray(1)
  if (bytes.length !== 33 || bytes[0] !== ed25519 || noteKeyId(name, raw).toString('hex') !== id) {
    throw new Error(`"${text.trim().slice(0, 80)}" is no key: it is written <name>+<id>+<key>`)
  }
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  return { name, id, raw, keyid: sha256(der).toString('hex'), key: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
}

/** @returns what the note says, or why it is not to be believed */
export function openNote(note, keys) {
  const at = note.lastIndexOf('\n\n')
  // oxlint-disable-next-line no-control-regex -- the format forbids them
  if (at < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return { refused: 'it is no signed note' }
  const text = note.slice(0, at + 1)
  let by
  for (const line of note.slice(at + 2, -1).split('\n')) {
    const [, name, base64] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    if (name === undefined) return { refused: 'it is no signed note' }
    const bytes = Buffer.from(base64, 'base64')
    const key = keys.find((known) => known.name === name && known.id === bytes.subarray(0, 4).toString('hex'))
    if (!key) continue
    if (!verify(null, Buffer.from(text), key.key, bytes.subarray(4))) return { refused: 'its signature does not fit what it says' }
    by = key
  }
  return by ? { text, by } : { refused: 'no trusted key has signed it' }
}

export const checkpointText = (origin, size, root) => `${origin}\n${size}\n${root.toString('base64')}\n`

/** @returns undefined when the text is no checkpoint */
export function readCheckpoint(text) {
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n/.exec(text) ?? []
  return origin === undefined ? undefined : { origin, size: Number(size), root: Buffer.from(root, 'base64') }
}

/** Adds keys that a trusted key handed over to, in its DSSE envelope. */
export function followHandovers(trusted, kept) {
  const keys = [...trusted]
  for (const { vkey, handover } of kept) {
    const next = readKey(vkey)
    if (!handover || keys.some(({ keyid }) => keyid === next.keyid)) continue
    const payload = Buffer.from(handover.payload, 'base64')
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${Buffer.byteLength(handover.payloadType)} ${handover.payloadType} ${payload.length} `),
      payload,
    ])
    const by = handover.signatures.some(({ sig }) => keys.some(({ key }) => verify(null, signed, key, Buffer.from(sig, 'base64'))))
    if (by && JSON.parse(payload.toString()).to === next.keyid) keys.push(next)
  }
  return keys
}

// ── Reading an export.

/** What a line of an export says of its event. A line that is no event comes back as `bad`. */
export function factsOf(text, line, strictly) {
  try {
    const { seq, recordedAt, event } = JSON.parse(text)
    const { id, source, data } = event
    const prefix = `{"seq":${seq},"recordedAt":"${recordedAt}","event":`
    // As exported the event's text is canonical. Whether it is shows in its hash; only if that is wrong is it made so.
    const body = !strictly && text.startsWith(prefix) ? text.slice(prefix.length, -1) : canonical(event)
    const digest = `sha256:${sha256(body).toString('hex')}`
    return { line, seq, recordedAt, id, source, time: normalTime(data.context.timestamp), digest, key: `${source} ${id}` }
  } catch {
    return { line, seq: 0, recordedAt: '', id: '', source: '', time: '', digest: '', key: `line ${line}`, bad: true }
  }
}

async function readExport(open, strictly) {
  const read = { header: undefined, facts: [], leaves: [], hashes: [], data: [], notes: [] }
  let line = 0
  for await (const text of open()) {
    line++
    if (read.header === undefined) read.header = headerOf(text)
    else if (text.startsWith('{"leaves":')) readLeaves(text, read, strictly)
    else if (text.startsWith('{"checkpoint":')) read.notes.push(noteIn(text))
    else if (text !== '') {
      const facts = factsOf(text, line, strictly)
      read.leaves.push(facts.bad ? emptyRoot : leafHash(facts))
      if (strictly) read.facts.push(facts)
    }
  }
  return read
}

function headerOf(text) {
  try {
    const header = JSON.parse(text)
    if (header.threeways === 'ledger') return { keys: [], ...header }
  } catch {}
  throw new Error('this is no exported ledger: its first line is not {"threeways":"ledger",…}')
}

function noteIn(text) {
  try {
    return String(JSON.parse(text).checkpoint)
  } catch {
    return ''
  }
}

function readLeaves(text, read, withData) {
  try {
    const { hashes, data } = JSON.parse(text).leaves
    const bytes = Buffer.from(hashes, 'base64')
    for (let at = 0; at < bytes.length; at += 32) read.hashes.push(bytes.subarray(at, at + 32))
    for (const [id, source, time, recordedAt, digest] of withData ? data : []) read.data.push({ id, source, time, recordedAt, digest })
  } catch {}
}

// ── Verdict.

/**
 * @param open - gives the lines of the export, each time anew
 * @param keys - keys the auditor trusts, as text; none: those that the file itself names
 * @param against - older exports (as functions like `open`) and checkpoints (as text) that the auditor kept
 */
export async function verifyExport(open, { keys = [], against = [] } = {}) {
  const first = await readExport(open, false)
  const told = keys.map(readKey)
  const trusted = followHandovers(told.length > 0 ? told : first.header.keys.map(({ vkey }) => readKey(vkey)), first.header.keys)
  const copies = []
  const notes = [...first.notes]
  for (const held of against) {
    if (typeof held === 'string') notes.push(held)
    else copies.push(await readExport(held, true))
  }
  for (const copy of copies) notes.push(...copy.notes)
  const checkpoints = believed(notes, trusted)
  const about = {
    events: first.leaves.length,
    checkpoints: checkpoints.length,
    selfVouched: told.length === 0,
    origin: first.header.origin,
  }
  if (checkpoints.length === 0) {
    const why =
      first.notes.length === 0
        ? 'holds no checkpoint'
        : `holds no checkpoint to be believed: ${openNote(first.notes.at(-1), trusted).refused}`
    return { ...about, ok: false, problem: { kind: 'unproven', exact: false, message: `the file ${why}` } }
  }
  const last = checkpoints.at(-1)
  const proven = { ...about, size: last.size, root: last.root.toString('base64') }
  if (firstBad(first.leaves, checkpoints) === undefined && first.leaves.length === last.size) return { ...proven, ok: true }
  const again = await readExport(open, true)
  if (firstBad(again.leaves, checkpoints) === undefined && again.leaves.length === last.size)
    return { ...proven, ok: true, reformatted: true }
  return { ...proven, ok: false, problem: explain(again, copies, checkpoints) }
}

function believed(notes, trusted) {
  const bySize = new Map()
  for (const note of notes) {
    const opened = openNote(note, trusted)
    const checkpoint = opened.text === undefined ? undefined : readCheckpoint(opened.text)
    if (checkpoint) bySize.set(`${checkpoint.size} ${checkpoint.root.toString('hex')}`, checkpoint)
  }
  return [...bySize.values()].sort((a, b) => a.size - b.size)
}

/** The first checkpoint that these leaves do not lead to. */
function firstBad(leaves, checkpoints) {
  const roots = rootsAt(
    leaves,
    checkpoints.map(({ size }) => size),
  )
  return checkpoints.find(({ size, root }) => !roots.get(size)?.equals(root))
}

/** Names the first event that is not as it was signed, as exactly as the evidence allows. */
function explain(read, copies, checkpoints) {
  const { facts, leaves } = read
  const bad = firstBad(leaves, checkpoints)
  if (bad === undefined) {
    const extra = facts[checkpoints.at(-1).size]
    return problemOf('inserted', extra.seq, extra, `it stands behind everything that was ever signed`, true)
  }
  const good = checkpoints.findLast(({ size }) => size < bad.size && size <= leaves.length)?.size ?? 0
  if (checkpoints.some(({ size, root }) => size === bad.size && !root.equals(bad.root))) {
    return {
      kind: 'forked',
      exact: false,
      message: `two checkpoints of ${bad.size} events contradict each other: the log itself was forked`,
    }
  }
  for (const { hashes, data } of [read, ...copies].flatMap(evidenceOf)) {
    const covered = signedPart(hashes, checkpoints)
    const at = hashes.findIndex((hash, index) => leaves[index] === undefined || !leaves[index].equals(hash))
    if (at >= 0 && at < covered) return nameIt(at, facts, hashes.slice(0, covered), data)
  }
  if (leaves.length === good) {
    const message = `event ${good + 1} was removed, and what follows: a checkpoint covers ${bad.size} events, and the file ends here`
    return { kind: 'removed', seq: good + 1, exact: true, message }
  }
  return suspicion(read, good, bad.size)
}

/** How many of these leaf hashes a checkpoint has signed. */
function signedPart(hashes, checkpoints) {
  const roots = rootsAt(
    hashes,
    checkpoints.map(({ size }) => size),
  )
  return checkpoints.findLast(({ size, root }) => roots.get(size)?.equals(root))?.size ?? 0
}

/** Leaf hashes, and as far as it fits them, what each leaf says. */
function evidenceOf({ hashes, data, facts, leaves }) {
  const filed = data.map((leaf, index) => ({ ...leaf, seq: index + 1 }))
  return [
    { hashes, data: filed },
    { hashes: filed.map(leafHash), data: filed },
    // A copy's own lines are evidence too, when its list is not.
    { hashes: leaves, data: facts },
  ]
}

const keyOf = ({ source, id }) => `${source} ${id}`

function nameIt(at, facts, hashes, data) {
  const found = facts[at]
  const seq = at + 1
  const checked = []
  const original = (index) => {
    const leaf = data[index]
    checked[index] ??= leaf !== undefined && leafHash({ ...leaf, seq: index + 1 }).equals(hashes[index])
    return checked[index] ? leaf : undefined
  }
  const was = original(at)
  const fits = (fact, index) =>
    !fact.bad && (original(index) ? keyOf(original(index)) === fact.key : leafHash({ ...fact, seq: index + 1 }).equals(hashes[index]))
  const elsewhere = facts.findIndex((fact, index) => index > at && fits(fact, at))
  if (found === undefined) return problemOf('removed', seq, was, 'the file ends before it', true)
  if (was && keyOf(was) === found.key) return alteration(seq, found, was)
  const from = hashes.findIndex((_, index) => index !== at && fits(found, index))
  if (from > at && elsewhere >= 0)
    return problemOf(
      'reordered',
      seq,
      was ?? facts[elsewhere],
      `it stands at line ${facts[elsewhere].line}, and event ${from + 1} in its place`,
      true,
    )
  if (from > at) return problemOf('removed', seq, was, `event ${from + 1} stands in its place`, true)
  if (from >= 0 && elsewhere >= 0) return problemOf('inserted', seq, found, `line ${found.line} repeats event ${from + 1}`, true)
  if (elsewhere >= 0)
    return problemOf(
      'inserted',
      seq,
      found,
      `line ${found.line} was never signed; what it displaced stands at line ${facts[elsewhere].line}`,
      true,
    )
  const arrived = was ? undefined : trueArrival(seq, facts, at, hashes[at])
  if (arrived !== undefined) return alteration(seq, found, { ...found, recordedAt: arrived })
  return problemOf(
    'changed',
    seq,
    found,
    was ? `event "${was.id}" of "${was.source}" was replaced by it` : `line ${found.line} is not what was signed`,
    true,
  )
}

/** The same event, but not the same. */
function alteration(seq, found, was) {
  if (found.recordedAt !== was.recordedAt) {
    const kind = found.recordedAt < was.recordedAt ? 'back-dated' : 'changed'
    return problemOf(kind, seq, found, `it arrived at ${was.recordedAt}, not at ${found.recordedAt}`, true)
  }
  if (found.time !== was.time) {
    const kind = found.time < was.time ? 'back-dated' : 'changed'
    return problemOf(kind, seq, found, `it said that it happened at ${was.time}, not at ${found.time}`, true)
  }
  if (found.digest !== was.digest) return problemOf('changed', seq, found, 'its content is not what was signed', true)
  return problemOf('changed', seq, found, `its number was made ${found.seq}`, true)
}

const triesMax = 200_000
/** When only the time of arrival was changed, it lies between its neighbours', and the signed hash tells which it was. */
function trueArrival(seq, facts, at, hash) {
  const from = Date.parse(facts[at - 1]?.recordedAt ?? facts[at].recordedAt)
  const to = Math.min(Date.parse(facts[at + 1]?.recordedAt ?? facts[at].recordedAt), from + triesMax)
  for (let ms = from; ms <= to; ms++) {
    const recordedAt = new Date(ms).toISOString()
    if (leafHash({ ...facts[at], seq, recordedAt }).equals(hash)) return recordedAt
  }
  return undefined
}

/** Nothing in the file that could tell is itself signed: an interval, and what looks wrong in it. */
function suspicion({ facts, hashes, leaves, data }, good, bad) {
  const within = (index) => index >= good && index < bad
  const listed = data.map((leaf, index) => leafHash({ ...leaf, seq: index + 1 }))
  const seen = new Set()
  const odd = facts.findIndex((fact, index) => {
    const before = facts[index - 1]
    const repeated = seen.has(fact.key)
    seen.add(fact.key)
    const differs = (hash) => hash !== undefined && !hash.equals(leaves[index])
    return (
      within(index) &&
      (fact.bad ||
        repeated ||
        fact.seq !== index + 1 ||
        differs(hashes[index]) ||
        differs(listed[index]) ||
        fact.recordedAt < (before?.recordedAt ?? ''))
    )
  })
  const where = `events ${good + 1} to ${bad} are not as they were signed${good > 0 ? `; those before are` : ''}`
  if (odd < 0) return { kind: 'unnamed', from: good + 1, to: bad, exact: false, message: `${where}, and nothing in the file says which` }
  const back = facts[odd].recordedAt < (facts[odd - 1]?.recordedAt ?? '')
  const told = problemOf(back ? 'back-dated' : 'changed', odd + 1, facts[odd], `${where}, and this one looks wrong`, false)
  return { ...told, from: good + 1, to: bad }
}

const sentences = {
  changed: 'was changed',
  removed: 'was removed',
  inserted: 'was inserted',
  reordered: 'was moved',
  'back-dated': 'was back-dated',
}
function problemOf(kind, seq, event, why, exact) {
  const name = event?.id ? ` "${event.id}"` : ''
  return { kind, seq, ...(event?.id ? { id: event.id } : {}), exact, message: `event ${seq}${name} ${sentences[kind]}: ${why}` }
}

/** A proof that one event is in the ledger, as `threeways ledger prove` writes it. */
export function verifyProof(proof, { keys = [] } = {}) {
  const told = keys.map(readKey)
  const trusted = followHandovers(told.length > 0 ? told : proof.keys.map(({ vkey }) => readKey(vkey)), proof.keys)
  const opened = openNote(proof.checkpoint, trusted)
  if (opened.refused)
    return { ok: false, selfVouched: told.length === 0, message: `its checkpoint is not to be believed: ${opened.refused}` }
  const { size, root } = readCheckpoint(opened.text)
  const facts = factsOf(JSON.stringify(proof.recorded), 1, true)
  const path = proof.path.map((hash) => Buffer.from(hash, 'base64'))
  const ok = !facts.bad && verifyInclusion(leafHash(facts), facts.seq - 1, size, path, root)
  const message = ok
    ? `event ${facts.seq} "${facts.id}" is one of the ${size} that were signed`
    : `event ${facts.seq} is not as it was signed`
  return { ok, selfVouched: told.length === 0, message }
}

// ── As a program.

const linesOf = (file) => () => createInterface({ input: createReadStream(file), crlfDelay: Infinity })

export function sayVerdict(verdict, name) {
  const by = verdict.selfVouched ? ', by the keys the file itself names: compare them with --key' : ''
  if (!verdict.ok) return `${name}: NOT as it was signed: ${verdict.problem.message}`
  const form = verdict.reformatted ? ' (written in another form, the same values)' : ''
  return `${name}: all ${verdict.events} events are as they were signed${form}, ${verdict.checkpoints} checkpoints${by}`
}

async function main(args) {
  const options = { keys: [], against: [] }
  let [file, json] = [undefined, false]
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--json') json = true
    else if (args[at] === '--key') {
      const told = args[++at] ?? ''
      options.keys.push(
        ...(existsSync(told)
          ? readFileSync(told, 'utf8')
              .split('\n')
              .filter((line) => line.includes('+'))
          : [told]),
      )
    } else if (args[at] === '--against') {
      const held = args[++at] ?? ''
      const isExport = readFileSync(held, 'utf8').startsWith('{"threeways":"ledger"')
      options.against.push(isExport ? linesOf(held) : readFileSync(held, 'utf8'))
    } else file = args[at]
  }
  if (file === undefined) throw new Error('usage: node verify.mjs FILE [--key KEY|FILE]... [--against FILE]... [--json]')
  const [begins] = readFileSync(file, 'utf8').slice(0, 40).split('\n')
  if (begins.includes('"inclusion proof"')) {
    const verdict = verifyProof(JSON.parse(readFileSync(file, 'utf8')), options)
    console.log(json ? JSON.stringify(verdict) : `${file}: ${verdict.message}`)
    return verdict.ok
  }
  const verdict = await verifyExport(linesOf(file), options)
  console.log(json ? JSON.stringify(verdict) : sayVerdict(verdict, file))
  return verdict.ok
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.slice(2)).then(
    (ok) => (process.exitCode = ok ? 0 : 6),
    (error) => {
      console.error(error.message)
      process.exitCode = 2
    },
  )
}
