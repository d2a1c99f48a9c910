/** What `threeways init` sees of a repository. Paths have `/` and are relative to its root. */
export type ProjectFiles = {
  /** Name of the root folder. */
  readonly folder: string
  /** Text of the files that say something about how the project is built and run, by path. */
  readonly files: Readonly<Record<string, string>>
  /** Every other path that was seen, without its text; not complete for large repositories. */
  readonly paths: readonly string[]
  /** Version of the Node that runs us, for projects that do not name one. */
  readonly node: string
}

/** A command as found: text for a shell, or words. */
export type FoundCommand = { readonly shell: string } | { readonly words: readonly string[] }

export type FoundHealth = {
  readonly test: FoundCommand
  /** As Compose writes durations. */
  readonly interval?: string
  readonly timeout?: string
  readonly startPeriod?: string
  readonly retries?: number
}

export type FoundService = {
  readonly name: string
  /** Where its own files are. */
  readonly folder: string
  readonly command?: FoundCommand
  readonly port?: number
  readonly environment?: Readonly<Record<string, string>>
  readonly health?: FoundHealth
  readonly dependsOn?: readonly { readonly name: string; readonly healthy: boolean }[]
  readonly stop?: { readonly signal?: string; readonly grace?: string }
}

export type FoundResource = {
  readonly name: string
  readonly type: 'postgres'
  /** SQL file that fills it. */
  readonly seed?: string
  /** Variables in which the project expects its address: `DATABASE_URL`. */
  readonly addressedAs?: readonly string[]
}

export type FoundCheck = { readonly name: string; readonly command: FoundCommand; readonly in: 'build' | 'environment' }

/** What one file says. Translated, not judged: what becomes of it is decided by whoever asked. */
export type Clues = {
  /** The file, and the part of it. */
  readonly from: string
  readonly name?: string
  readonly services?: readonly FoundService[]
  readonly resources?: readonly FoundResource[]
  readonly build?: readonly FoundCommand[]
  readonly checks?: readonly FoundCheck[]
  /** Versions of what builds it: `{node: "24"}`. */
  readonly tools?: Readonly<Record<string, string>>
  /** Commands that may belong into the build; a person should decide. */
  readonly hints?: readonly string[]
  /** What stands there and cannot be taken over, with the reason. */
  readonly leftOut?: readonly { readonly what: string; readonly why: string }[]
}

/** Reads one kind of file. A connector per format; each passes `clues.contract.ts`. */
export type ClueReader = {
  /** Base names of the files it reads. */
  readonly reads: readonly string[]
  /**
   * What the file in this folder (`.` is the root) says; undefined when there is none. Never throws: a file that cannot be read
   * is left out with the reason.
   */
  read(project: ProjectFiles, folder: string): Clues | undefined
}
