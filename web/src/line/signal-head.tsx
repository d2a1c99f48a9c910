/** A colour-light signal: the lit lamp changes its place too, not only its colour. */
export function SignalHead({ aspect }: { readonly aspect: 'clear' | 'stop' }) {
  return (
    <svg className={`signal-head signal-head-${aspect}`} width="44" height="76" viewBox="0 0 44 76" aria-hidden="true">
      <path className="signal-mast" d="M22 60v16" />
      <rect className="signal-board" x="4" y="1" width="36" height="60" rx="18" />
      <circle className="signal-lamp signal-lamp-stop" cx="22" cy="19" r="10.5" />
      <circle className="signal-lamp signal-lamp-clear" cx="22" cy="43" r="10.5" />
    </svg>
  )
}
