/** What a check said about its tests. */
export type TestReport = {
  readonly total: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
}

/** Reads the text of a report file; `file` names it in errors. @throws ThreewaysError with the place of the fault */
export type ReadTestReport = (text: string, file: string) => TestReport
