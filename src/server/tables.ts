import type { MiddlewareHandler } from 'hono'
import { csvOf, rowsIn } from '../kernel/csv.ts'
import type { HttpEnv } from '../kernel/http.ts'

/**
 * Every answer that has rows, as a table, for whoever looks with `Accept: text/csv` or `?format=csv`. One mechanism for every board: none
 * has to know of it.
 */
export function tables(): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    await next()
    if (c.req.method !== 'GET' || !c.res.ok || !wantsTable(c.req.query('format'), c.req.header('accept'))) return
    if (!/^application\/json\b/.test(c.res.headers.get('content-type') ?? '')) return
    const { status } = c.res
    const table = csvOf(rowsIn((await c.res.json()) as never, c.req.query('team')))
    c.res = undefined
    c.res = new Response(table, { status, headers: { 'content-type': 'text/csv; charset=utf-8; header=present' } })
  }
}

const wantsTable = (format: string | undefined, accept: string | undefined) =>
  format === 'csv' || (format === undefined && /^text\/csv\b/.test(accept ?? ''))
