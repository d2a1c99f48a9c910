import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'

async function copy(text: string): Promise<void> {
  // Over plain http from another machine there is no clipboard interface.
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), 1600)
    return () => clearTimeout(timer)
  }, [said])
  const onClick = () =>
    copy(text).then(
      () => setSaid('copied'),
      () => setSaid('not copied'),
    )
  return (
    <button type="button" className="button small copy" onClick={onClick} aria-label={`Copy ${what}`}>
      <Icon name="copy" />
      <span aria-live="polite">{said === '' ? 'Copy' : said}</span>
    </button>
  )
}
