import { request } from './request.ts'

let early: { readonly path: string; readonly answer: Promise<Response> } | undefined

/** Asks before there is anything to show the answer. */
export function askEarly(path: string): void {
  const answer = request(path)
  // Whoever takes it is told.
  answer.catch(() => undefined)
  early = { path, answer }
}

/** The early answer, once; else asks now. @throws Problem */
export function requestOrEarly(path: string): Promise<Response> {
  const mine = early?.path === path ? early.answer : undefined
  if (mine !== undefined) early = undefined
  return mine ?? request(path)
}
