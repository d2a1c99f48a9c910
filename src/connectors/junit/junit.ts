import { invalid, tooLarge } from '../../kernel/errors.ts'
import { legible } from '../../kernel/legible.ts'
import type { TestReport } from '../../flow/pipeline/test-report.port.ts'
import { readXml, type XmlElement } from './xml.ts'

export type JunitFailure = {
  /** Of the test, with its class or suite where the name alone would not be found. */
  readonly name: string
  /** What the tool says went wrong, at most {@link messageLengthMax} characters, without colours. */
  readonly message: string
  /** As the tool names it: absolute, relative to where it ran, or not at all. */
  readonly file: string | undefined
}

export type JunitReport = Omit<TestReport, 'failures'> & {
  /** By the tool's own clock: the whole run where it says so, else the tests' times added up. */
  readonly durationMs: number
  readonly failures: readonly JunitFailure[]
}

const lengthMax = 16 * 1024 * 1024
const messageLengthMax = 1_000
const nameLengthMax = 300

type Suite = {
  readonly name: string
  readonly file: string | undefined
  readonly declaredBad: number
  bad: number
}
type Case = {
  readonly name: string
  readonly file: string | undefined
  skipped: boolean
  bad: { message: string; text: string } | undefined
}

/**
 * Reads a JUnit XML report in the dialects of vitest, jest-junit, pytest, surefire, gotestsum, mocha and Node. A test fails
 * by `<failure>` or `<error>`; so does a suite that holds one itself, or that counts failures and shows none.
 * @param file - names the report in errors
 * @throws ThreewaysError `XML_INVALID`, `REPORT_NOT_JUNIT`, `REPORT_TOO_LARGE` (over 16 Mi characters)
 */
export function readJunit(text: string, file: string): JunitReport {
  if (text.length > lengthMax) {
    throw tooLarge('REPORT_TOO_LARGE', {
      message: `${file}: ${text.length} characters; at most ${lengthMax} are read`,
      help: 'write less output into the report',
    })
  }
  const tally = new Tally(file)
  readXml(text, file, {
    open: (element) => tally.open(element),
    text: (piece) => tally.text(piece),
    close: (name) => tally.close(name),
  })
  return tally.report()
}

class Tally {
  private readonly file: string
  private readonly suites: Suite[] = []
  private readonly failures: JunitFailure[] = []
  private case: Case | undefined
  /** The failure whose text is being read. */
  private reading: { message: string; text: string } | undefined
  private total = 0
  private skipped = 0
  private wholeSeconds: number | undefined
  private suiteSeconds = 0
  private caseSeconds = 0
  private depth = 0

  constructor(file: string) {
    this.file = file
  }

  open({ name, attributes }: XmlElement): void {
    if (this.depth++ === 0 && name !== 'testsuites' && name !== 'testsuite') {
      throw invalid('REPORT_NOT_JUNIT', {
        message: `${this.file}: the root element is <${name}>, not <testsuites> or <testsuite>`,
        help: 'have the test tool write JUnit XML',
      })
    }
    if (name === 'testsuites' || name === 'testsuite') this.openSuite(name, attributes)
    else if (name === 'testcase') this.openCase(attributes)
    else if (name === 'failure' || name === 'error') this.openFailure(attributes)
    else if (name === 'skipped' && this.case) this.case.skipped = true
  }

  text(piece: string): void {
    if (this.reading && this.reading.text.length < 4 * messageLengthMax) this.reading.text += piece
  }

  close(name: string): void {
    this.depth--
    if (name === 'testsuites' || name === 'testsuite') this.closeSuite()
    else if (name === 'testcase') this.closeCase()
    else if (name === 'failure' || name === 'error') this.closeFailure()
  }

  report(): JunitReport {
    const seconds = this.wholeSeconds ?? (this.suiteSeconds || this.caseSeconds)
    return {
      total: this.total,
      failed: this.failures.length,
      skipped: this.skipped,
      durationMs: Math.round(seconds * 1000),
      failures: this.failures,
    }
  }

  private openSuite(element: string, attributes: ReadonlyMap<string, string>): void {
    const seconds = numberOf(attributes.get('time'))
    if (element === 'testsuites' && attributes.has('time')) this.wholeSeconds = seconds
    if (element === 'testsuite' && this.suites.every(({ name }) => name === '')) this.suiteSeconds += seconds
    this.suites.push({
      name: element === 'testsuites' ? '' : (attributes.get('name') ?? ''),
      file: attributes.get('file') ?? attributes.get('filepath') ?? this.suites.at(-1)?.file,
      declaredBad: numberOf(attributes.get('failures')) + numberOf(attributes.get('errors')),
      bad: 0,
    })
  }

  private closeSuite(): void {
    const suite = this.suites.pop()!
    // A gate that cannot decide says no.
    if (suite.bad === 0 && suite.declaredBad > 0) {
      this.addSuiteFailure(suite, `the report counts ${suite.declaredBad} failures and shows none of them`)
    }
    const outer = this.suites.at(-1)
    if (outer) outer.bad += suite.bad
  }

  private openCase(attributes: ReadonlyMap<string, string>): void {
    const className = attributes.get('classname') ?? ''
    const inner = this.suites.at(-1)
    this.case = {
      name: nameOf(attributes.get('name') ?? '', className, inner?.name ?? ''),
      file: attributes.get('file') ?? inner?.file ?? (looksLikeFile(className) ? className : undefined),
      // GoogleTest's words for a test that did not run.
      skipped: ['notrun', 'disabled', 'skipped'].includes(attributes.get('status') ?? '') || attributes.get('result') === 'skipped',
      bad: undefined,
    }
    this.total++
    this.caseSeconds += numberOf(attributes.get('time'))
  }

  private closeCase(): void {
    const { name, file, bad, skipped } = this.case!
    this.case = undefined
    if (bad) this.addFailure({ name, file, message: shortened(bad) })
    else if (skipped) this.skipped++
  }

  private openFailure(attributes: ReadonlyMap<string, string>): void {
    this.reading = { message: attributes.get('message') ?? '', text: '' }
    // The first says what went wrong; a further one is often the clean-up's.
    if (this.case) this.case.bad ??= this.reading
  }

  private closeFailure(): void {
    const reading = this.reading
    this.reading = undefined
    const suite = this.suites.at(-1)
    if (reading && !this.case && suite) this.addSuiteFailure(suite, shortened(reading))
  }

  private addSuiteFailure(suite: Suite, message: string): void {
    this.total++
    this.addFailure({ name: suite.name || this.file, file: suite.file, message }, suite)
  }

  private addFailure(failure: JunitFailure, suite = this.suites.at(-1)): void {
    const { name, file, message } = failure
    this.failures.push({ name: bounded(legible(name), nameLengthMax), file: file && bounded(legible(file), nameLengthMax), message })
    if (suite) suite.bad++
  }
}

function nameOf(name: string, className: string, suite: string): string {
  // Node says "test" of a test without a suite; jest and mocha repeat the name or its end; vitest gives the file.
  if (className === '' || className === 'test' || looksLikeFile(className)) return name || suite
  if (name.includes(className)) return name
  return className.endsWith(` ${name}`) ? className : `${className} › ${name}`
}

function looksLikeFile(name: string): boolean {
  return /\.(?:[cm]?[jt]sx?|py|rb|php)$/.test(name)
}

function shortened({ message, text }: { readonly message: string; readonly text: string }): string {
  const said = message.trim() || text.trim()
  return bounded(legible(said), messageLengthMax) || 'it failed without a message'
}

const bounded = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`)

/** Surefire writes a thousand seconds as `1,000.5`. What is no number counts as none. */
function numberOf(text: string | undefined): number {
  const number = Number((text ?? '').replaceAll(',', ''))
  return Number.isFinite(number) && number > 0 ? number : 0
}
