import { Fault } from '../evaluate/fault.ts'

/** `re2`: as Unleash reads patterns. `js`: as GrowthBook does. They differ in white space, in classes by name and in flags within a pattern. */
export type Dialect = 're2' | 'js'

/** Whether one character (a code point, or a unit of 16 bits in `js`) belongs to it. */
export type Chars = (char: number) => boolean

export type Part =
  | { readonly kind: 'chars'; readonly has: Chars }
  | { readonly kind: 'edge'; readonly edge: 'line start' | 'line end' | 'start' | 'end' | 'word' | 'no word' }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'any'; readonly parts: readonly Part[] }
  | { readonly kind: 'times'; readonly part: Part; readonly least: number; readonly most: number }

/** It is a pattern in neither dialect, or one that RE2 refuses: who wrote it gets what is not matched by anything. */
export class NoPattern extends Fault {}

type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean }

const code = (text: string): number => text.codePointAt(0)!
const between =
  (from: number, to: number): Chars =>
  (char) =>
    char >= from && char <= to
const anyOf =
  (all: readonly Chars[]): Chars =>
  (char) =>
    all.some((has) => has(char))
const not =
  (has: Chars): Chars =>
  (char) =>
    !has(char)

const digit = between(48, 57)
const letter = anyOf([between(65, 90), between(97, 122)])
export const isWord: Chars = anyOf([digit, letter, (char) => char === 95])
const ascii = (text: string): Chars => {
  const all = new Set([...text].map(code))
  return (char) => all.has(char)
}
/** What `\s` is: RE2 leaves out the vertical tab and everything that is not ASCII. */
const spaces: Readonly<Record<Dialect, Chars>> = { re2: ascii('\t\n\f\r '), js: (char) => /\s/.test(String.fromCharCode(char)) }
const isBreak: Readonly<Record<Dialect, Chars>> = { re2: (char) => char === 10, js: ascii('\n\r\u2028\u2029') }

const named: Readonly<Record<string, Chars>> = {
  alnum: anyOf([digit, letter]),
  alpha: letter,
  ascii: between(0, 127),
  blank: ascii('\t '),
  cntrl: anyOf([between(0, 31), (char) => char === 127]),
  digit,
  graph: between(33, 126),
  lower: between(97, 122),
  print: between(32, 126),
  punct: anyOf([between(33, 47), between(58, 64), between(91, 96), between(123, 126)]),
  space: ascii('\t\n\v\f\r '),
  upper: between(65, 90),
  word: isWord,
  xdigit: anyOf([digit, between(65, 70), between(97, 102)]),
}
const letters: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11 }
const timesMax = 1_000
const depthMax = 64

/**
 * Takes a pattern apart.
 * @throws NoPattern it is none
 * @throws Fault it may be one, and has something in it that cannot be honoured in a time that grows with its length alone
 */
export function partsOf(pattern: string, dialect: Dialect, insensitive: boolean): Part {
  return new Reader(pattern, dialect).whole({ i: insensitive, m: false, s: false })
}

class Reader {
  private at = 0
  private depth = 0
  private readonly text: string
  private readonly dialect: Dialect

  constructor(text: string, dialect: Dialect) {
    this.text = text
    this.dialect = dialect
  }

  whole(flags: Flags): Part {
    const part = this.choice(flags)
    if (this.at < this.text.length) throw new NoPattern('a parenthesis is closed that is not open')
    return part
  }

  private choice(flags: Flags): Part {
    if (++this.depth > depthMax) throw new Fault(`a pattern is nested deeper than ${depthMax}`)
    const parts: Part[] = []
    let inner = flags
    do {
      const sequence: Part[] = []
      while (this.at < this.text.length && !'|)'.includes(this.text[this.at]!)) {
        const changed = this.flagsHere(inner)
        if (changed === undefined) sequence.push(this.repeated(this.single(inner)))
        // From here to the end of the group.
        else inner = changed
      }
      parts.push({ kind: 'all', parts: sequence })
    } while (this.takes('|'))
    this.depth--
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts }
  }

  /** `(?i)` and its like, where they stand alone. */
  private flagsHere(flags: Flags): Flags | undefined {
    const found = /^\(\?([a-zA-Z-]+)\)/.exec(this.text.slice(this.at, this.at + 16))
    if (found === null) return undefined
    this.at += found[0].length
    return this.flagsOf(found[1]!, flags)
  }

  private flagsOf(written: string, flags: Flags): Flags {
    if (this.dialect === 'js') throw new Fault('flags within a pattern are not read by every version of the original')
    if (!/^[ims]*(-[ims]+)?$/.test(written))
      throw written.includes('U') ? new Fault('the flag U of a pattern is not known') : new NoPattern('a flag is not known')
    const [on = '', off = ''] = written.split('-')
    const flag = (name: keyof Flags) => (flags[name] || on.includes(name)) && !off.includes(name)
    return { i: flag('i'), m: flag('m'), s: flag('s') }
  }

  private single(flags: Flags): Part {
    const char = this.next()
    if (char === '(') return this.group(flags)
    if (char === '[') return { kind: 'chars', has: this.charClass(flags) }
    if (char === '.') return { kind: 'chars', has: flags.s ? () => true : not(isBreak[this.dialect]) }
    if (char === '^') return { kind: 'edge', edge: flags.m ? 'line start' : 'start' }
    if (char === '$') return { kind: 'edge', edge: flags.m ? 'line end' : 'end' }
    if ('*+?'.includes(char)) throw new NoPattern('something is to be repeated, and there is nothing before it')
    if (char === '\\') return this.escaped(flags)
    return { kind: 'chars', has: this.folded(this.only(char), flags) }
  }

  private group(flags: Flags): Part {
    let inner = flags
    if (this.takes('?')) {
      const rest = this.text.slice(this.at, this.at + 120)
      const name = /^P?<[A-Za-z_]\w*>/.exec(rest)
      const set = /^([a-zA-Z-]*):/.exec(rest)
      if (/^(<?[=!])/.test(rest))
        throw this.dialect === 're2'
          ? new NoPattern('RE2 looks neither ahead nor back')
          : new Fault('a pattern that looks ahead or back cannot be honoured')
      if (name !== null) this.at += name[0].length
      else if (set !== null) {
        this.at += set[0].length
        if (set[1] !== '') inner = this.flagsOf(set[1]!, flags)
      } else throw new NoPattern('a group begins with (? and something unknown')
    }
    const part = this.choice(inner)
    if (!this.takes(')')) throw new NoPattern('a parenthesis is open that is not closed')
    return part
  }

  private escaped(flags: Flags): Part {
    const char = this.text[this.at]
    if (char === 'b' || char === 'B') {
      this.at++
      return { kind: 'edge', edge: char === 'b' ? 'word' : 'no word' }
    }
    if (this.dialect === 're2' && (char === 'A' || char === 'z')) {
      this.at++
      return { kind: 'edge', edge: char === 'A' ? 'start' : 'end' }
    }
    return { kind: 'chars', has: this.folded(this.escapedChars(), flags) }
  }

  /** After a backslash, in a class or out of it. */
  private escapedChars(): Chars {
    if (this.at >= this.text.length) throw new NoPattern('it ends with a backslash')
    const char = this.next()
    const isClass = 'dDwWsS'.includes(char)
    if (isClass) {
      const has = { d: digit, w: isWord, s: spaces[this.dialect] }[char.toLowerCase()]!
      return char === char.toLowerCase() ? has : not(has)
    }
    if (Object.hasOwn(letters, char)) return this.exactly(letters[char]!)
    if (char === 'x') return this.exactly(this.hexadecimal(/^([0-9a-fA-F]{2})|^\{([0-9a-fA-F]{1,6})\}/))
    if (char === 'u' && this.dialect === 'js') return this.exactly(this.hexadecimal(/^([0-9a-fA-F]{4})/))
    if (/[1-9]/.test(char))
      throw this.dialect === 're2'
        ? new NoPattern('RE2 does not refer back')
        : new Fault('a pattern that refers back to what it matched cannot be honoured')
    if (/[0-9A-Za-z]/.test(char)) throw new Fault(`\\${char} in a pattern is not known`)
    return this.only(char)
  }

  private hexadecimal(form: RegExp): number {
    const found = form.exec(this.text.slice(this.at, this.at + 8))
    if (found === null) throw new NoPattern('\\x or \\u without its digits')
    this.at += found[0].length
    return Number.parseInt(found[1] ?? found[2]!, 16)
  }

  private charClass(flags: Flags): Chars {
    const negated = this.takes('^')
    const all: Chars[] = []
    for (let first = true; first || this.text[this.at] !== ']'; first = false) {
      if (this.at >= this.text.length) throw new NoPattern('a [ is open that is not closed')
      if (first && this.text[this.at] === ']' && this.dialect === 'js') break
      all.push(this.classItem())
    }
    this.at++
    // Case is left out of account before it is negated: what is not an a is no A either.
    const has = this.folded(anyOf(all), flags)
    return negated ? not(has) : has
  }

  private classItem(): Chars {
    const byName = this.dialect === 're2' ? /^\[:(\^?)([a-z]+):\]/.exec(this.text.slice(this.at, this.at + 16)) : null
    if (byName !== null) {
      this.at += byName[0].length
      const has = Object.hasOwn(named, byName[2]!) ? named[byName[2]!]! : undefined
      if (has === undefined) throw new NoPattern(`there is no class ${byName[0]}`)
      return byName[1] === '' ? has : not(has)
    }
    const from = this.classChar()
    if (typeof from === 'function' || this.text[this.at] !== '-' || this.text[this.at + 1] === ']' || this.at + 1 >= this.text.length)
      return typeof from === 'function' ? from : (char) => char === from
    this.at++
    const to = this.classChar()
    if (typeof to === 'function' || to < from) throw new NoPattern('a range in a class ends before it begins')
    return between(from, to)
  }

  /** One character, or a class like `\d`. */
  private classChar(): number | Chars {
    if (!this.takes('\\')) return code(this.next())
    if (this.takes('b')) return 8
    const start = this.at
    const has = this.escapedChars()
    const char = this.text.slice(start, this.at)
    if (/^[dDwWsS]$/.test(char)) return has
    if (Object.hasOwn(letters, char)) return letters[char]!
    return /^[xu]/.test(char) ? Number.parseInt(char.replaceAll(/[^0-9a-fA-F]/g, ''), 16) : code(char)
  }

  private repeated(part: Part): Part {
    let made = part
    for (let count = 0; ; count++) {
      const found = /^(?:[*+?]|\{(\d{1,5})(,(\d{0,5}))?\})/.exec(this.text.slice(this.at, this.at + 14))
      if (found === null) return made
      if (count > 0) throw new NoPattern('something is to be repeated twice')
      this.at += found[0].length
      const [sign, from, comma, to] = found
      const least = from === undefined ? (sign === '+' ? 1 : 0) : Number(from)
      const most = from === undefined ? (sign === '?' ? 1 : Infinity) : comma === undefined ? least : to === '' ? Infinity : Number(to)
      if (most < least) throw new NoPattern('a repetition ends before it begins')
      if (least > timesMax || (most !== Infinity && most > timesMax))
        throw this.dialect === 're2'
          ? new NoPattern('RE2 repeats nothing that often')
          : new Fault(`a pattern repeats something more than ${timesMax} times`)
      // As few as possible or as many: whether it matches at all is the same.
      this.takes('?')
      made = { kind: 'times', part: made, least, most }
    }
  }

  private folded(has: Chars, { i }: Flags): Chars {
    if (!i) return has
    return (char) => {
      if (has(char)) return true
      const text = String.fromCodePoint(char)
      return has(code(text.toLowerCase())) || has(code(text.toUpperCase()))
    }
  }

  private exactly(wanted: number): Chars {
    return (char) => char === wanted
  }

  private only(char: string): Chars {
    return this.exactly(code(char))
  }

  private takes(char: string): boolean {
    if (this.text[this.at] !== char) return false
    this.at++
    return true
  }

  private next(): string {
    const char = this.dialect === 're2' ? String.fromCodePoint(this.text.codePointAt(this.at)!) : this.text[this.at]!
    this.at += char.length
    return char
  }
}
