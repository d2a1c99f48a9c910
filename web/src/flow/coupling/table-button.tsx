import { useState } from 'react'
import { request } from '../../api/request.ts'

/** Keeps an answer as a table. A link could not say who asks. */
export function TableButton({ path, name }: { readonly path: string; readonly name: string }) {
  const [state, setState] = useState<'ready' | 'asking' | 'failed'>('ready')
  const keep = async () => {
    setState('asking')
    try {
      const response = await request(path, { headers: { accept: 'text/csv' } })
      const address = URL.createObjectURL(await response.blob())
      Object.assign(document.createElement('a'), { href: address, download: name }).click()
      URL.revokeObjectURL(address)
      setState('ready')
    } catch {
      setState('failed')
    }
  }
  return (
    <button type="button" className="button small quiet" disabled={state === 'asking'} onClick={() => void keep()}>
      {state === 'failed' ? 'No answer; ask for the table again' : 'As a table (CSV)'}
    </button>
  )
}
