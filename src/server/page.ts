import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Hono } from 'hono'
import type { HttpEnv } from '../kernel/http.ts'
import { unavailable } from '../kernel/errors.ts'
import { run } from '../kernel/process.ts'

const web = path.resolve(import.meta.dirname, '../../web')
const dist = path.join(web, 'dist')
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** Serves the page: its files, and for every other path its start, so that links into it work. */
export function servePage(app: Hono<HttpEnv>): void {
  app.use('*', async (c, next) => {
    await next()
    if (!c.req.path.startsWith('/api/')) c.header('content-security-policy', policy)
  })
  app.use(
    '/assets/*',
    serveStatic({
      root: dist,
      precompressed: true,
      onFound: (_file, c) => c.header('cache-control', 'public, max-age=31536000, immutable'),
    }),
  )
  app.get('/favicon.svg', serveStatic({ root: dist }))
  const start = serveStatic({
    root: dist,
    path: 'index.html',
    precompressed: true,
    onFound: (_file, c) => c.header('cache-control', 'no-cache'),
  })
  app.get('*', async (c, next) => (c.req.path.startsWith('/api/') ? next() : start(c, next)))
}

/**
 * Builds the page when its sources are newer than what was built, as in a fresh checkout.
 * @throws ThreewaysError `PAGE_NOT_BUILT`
 */
export async function buildPage(signal?: AbortSignal): Promise<void> {
  const built = await stat(path.join(dist, 'index.html')).catch(() => undefined)
  if (built && built.mtimeMs >= (await newestOf([path.join(web, 'src'), path.join(web, 'index.html'), path.join(web, 'vite.config.ts')])))
    return
  const vite = path.resolve(web, '../node_modules/vite/bin/vite.js')
  const ran = await run(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: web,
    timeoutMs: 120_000,
    ...(signal ? { signal } : {}),
  })
  if (ran.code !== 0)
    throw unavailable('PAGE_NOT_BUILT', {
      message: `the page could not be built: ${(ran.stderr || ran.stdout).trim()}`,
      help: 'run `npm ci` again',
    })
}

async function newestOf(places: readonly string[]): Promise<number> {
  const times = await Promise.all(
    places.map(async (place) => {
      const info = await stat(place).catch(() => undefined)
      if (!info?.isDirectory()) return info?.mtimeMs ?? 0
      const inside = await readdir(place)
      return Math.max(info.mtimeMs, await newestOf(inside.map((name) => path.join(place, name))))
    }),
  )
  return Math.max(0, ...times)
}
