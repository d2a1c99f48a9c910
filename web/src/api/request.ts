import { noAnswer, problemFrom } from './problem.ts'
import { currentToken } from './session.ts'

/** One request to the API of this origin. @throws Problem */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = currentToken()
  const headers = new Headers(init.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw noAnswer()
  })
  if (!response.ok) throw await problemFrom(response)
  return response
}

/** Asks the server to do something. @throws Problem when it refuses */
export async function act(path: string, body: Readonly<Record<string, unknown>>, init: RequestInit = {}): Promise<Response> {
  return request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' }, ...init })
}
