import { useEffect, useState } from 'react'

const listeners = new Set<(text: string) => void>()

/** Says in words, seen and heard, that something was done. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text)
}

/** Shows the latest announcement for a while. Once per page. */
export function Announcer() {
  const [said, setSaid] = useState('')
  useEffect(() => {
    listeners.add(setSaid)
    return () => void listeners.delete(setSaid)
  }, [])
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), 5000)
    return () => clearTimeout(timer)
  }, [said])
  return (
    <div className="announcer" role="status" aria-live="polite">
      {said !== '' && <p>{said}</p>}
    </div>
  )
}
