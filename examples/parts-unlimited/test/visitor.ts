/** What a browser would do with the shop at `$WEB_URL`, but for following redirects. @param form - sends it with POST */
export async function visit(path: string, form?: Readonly<Record<string, string>>, cookie = '') {
  const post = form && { method: 'POST', body: new URLSearchParams(form) }
  const signal = AbortSignal.timeout(5_000)
  const response = await fetch(new URL(path, process.env.WEB_URL), { ...post, headers: { cookie }, redirect: 'manual', signal })
  return { status: response.status, body: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
}
