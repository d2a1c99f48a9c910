/** What a lock file pins: name of a package to its versions, several where it is there more than once. */
export type Packages = ReadonlyMap<string, readonly string[]>

/**
 * Reads lock files of package managers. Undefined: not a kind it knows, or it cannot be read; what is not understood is said to
 * be so and never taken for "nothing changed".
 */
export type ReadPackages = (path: string, text: string) => { readonly ecosystem: string; readonly packages: Packages } | undefined
