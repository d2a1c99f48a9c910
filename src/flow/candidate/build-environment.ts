import { access, realpath } from 'node:fs/promises'
import { basename, delimiter, dirname, join, sep } from 'node:path'
import type { Checkout } from './build.ts'

/**
 * Where toolchains, caches and the network are. These decide where a build finds things, not what it makes; everything else
 * of the caller's environment (tokens, NODE_OPTIONS, locale, editor, npm's own settings for *our* scripts) stays out.
 * Package managers read their credentials from files in HOME.
 */
const passed = new Set([
  'HOME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'NPM_CONFIG_CACHE',
  'NPM_CONFIG_USERCONFIG',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_CAFILE',
  'NPM_CONFIG_PROXY',
  'NPM_CONFIG_HTTPS_PROXY',
  'NPM_CONFIG_NOPROXY',
  'NPM_CONFIG_OFFLINE',
  'NPM_CONFIG_PREFER_OFFLINE',
  'YARN_CACHE_FOLDER',
  'PNPM_HOME',
  'COREPACK_HOME',
  'PIP_CACHE_DIR',
  'PIP_INDEX_URL',
  'UV_CACHE_DIR',
  'UV_INDEX_URL',
  'CARGO_HOME',
  'RUSTUP_HOME',
  'GOCACHE',
  'GOMODCACHE',
  'GOPATH',
  'GOPROXY',
  'JAVA_HOME',
  'GRADLE_USER_HOME',
  'BUNDLE_PATH',
  'GEM_HOME',
  'SYSTEMROOT',
])

/** The whole environment of the commands that build a candidate and of the checks that run in its checkout. */
export async function buildEnvironment(
  checkout: Checkout,
  inherited: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  return {
    ...(await commandEnvironment(checkout.temporary, inherited)),
    // See reproducible-builds.org: tools write this time instead of now.
    SOURCE_DATE_EPOCH: String(Math.floor(Date.parse(checkout.committedAt) / 1000)),
    THREEWAYS_COMMIT: checkout.commit,
    // The checkout is no repository; a build must not find one around it.
    GIT_CEILING_DIRECTORIES: dirname(checkout.folder),
  }
}

/** The same without what only a checkout has. @param temporary - folder of the command's own */
export async function commandEnvironment(
  temporary: string,
  inherited: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const kept = Object.entries(inherited).flatMap(([name, value]) =>
    value !== undefined && passed.has(name.toUpperCase()) ? [[name, value] as const] : [],
  )
  return {
    HOME: temporary,
    ...Object.fromEntries(kept),
    PATH: await buildPath(inherited['PATH'] ?? ''),
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    CI: 'true',
    // Neither changes what is installed; both would ask the network.
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
  }
}

/**
 * npm puts `node_modules/.bin` of the project whose script started us, and of every folder above it, in front of PATH. A
 * build must not find that project's tools; only the Node it pins stays, as a folder of its own.
 */
async function buildPath(path: string): Promise<string> {
  const folders: string[] = []
  for (const folder of path.split(delimiter)) {
    if (folder === '' || basename(folder) === 'node-gyp-bin') continue
    const found = folder.endsWith(join('node_modules', '.bin')) ? await nodeIn(folder) : folder
    if (found !== undefined && !folders.includes(found)) folders.push(found)
  }
  return folders.join(delimiter)
}

async function nodeIn(folder: string): Promise<string | undefined> {
  try {
    await access(join(folder, 'node'))
    const pinned = dirname(await realpath(join(folder, 'node')))
    return pinned.endsWith(`${sep}.bin`) ? undefined : pinned
  } catch {
    return undefined
  }
}
