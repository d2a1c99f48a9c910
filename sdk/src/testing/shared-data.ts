import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

/** Where the case files of others lie, beside the repository; undefined when they are not there, and tests that need them say so. */
export function sharedData(...parts: readonly string[]): string | undefined {
  const root = process.env['THREEWAYS_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')
  const found = path.join(root, ...parts)
  return existsSync(found) ? found : undefined
}

/** The JSON files below a folder, with their paths within it. */
export function jsonFilesIn(folder: string): readonly (readonly [file: string, content: Readonly<Record<string, unknown>>])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => [file, JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Record<string, unknown>])
}
