// Can the shop at $WEB_URL sell? Harmless in production: the purchase is a rehearsal, which the shop rolls back.
const shop = process.env.WEB_URL

async function ask(path, form, headers, expected = 200) {
  const body = form && new URLSearchParams(form)
  const response = await fetch(new URL(path, shop), {
    method: form ? 'POST' : 'GET',
    body,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(5_000),
  })
  if (response.status !== expected) throw new Error(`${form ? 'POST' : 'GET'} ${path} answered ${response.status} instead of ${expected}`)
  return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] }
}

try {
  if (!shop) throw new Error('$WEB_URL is not set: the address of the shop to look at')
  await ask('/healthz')
  const front = await ask('/')
  const part = /name="part" value="(\d+)"><input[^>]*>\s*<button aria/.exec(front.text)?.[1]
  if (!part) throw new Error('the front page offers nothing that is in stock')
  await ask(`/parts/${part}`)
  const { cookie } = await ask('/basket', { part, add: '1' }, {}, 303)
  const order = { order: crypto.randomUUID(), name: 'Smoke', email: 'smoke@parts-unlimited.example', rehearse: '1' }
  const { totalCents } = JSON.parse((await ask('/checkout', order, { cookie })).text)
  if (!(totalCents > 0)) throw new Error(`the rehearsed purchase of part ${part} costs ${totalCents}`)
  console.log(`smoke: the shop at ${shop} sells`)
} catch (error) {
  console.error(`smoke: ${error.cause?.message || error.message}`)
  process.exitCode = 1
}
