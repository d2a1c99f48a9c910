const paths = {
  copy: 'M5.5 5.5V3.2c0-.7.5-1.2 1.2-1.2h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2h-2.3M3.2 5.5h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2H3.2c-.7 0-1.2-.5-1.2-1.2V6.7c0-.7.5-1.2 1.2-1.2z',
  out: 'M6 3H3.5A1.5 1.5 0 0 0 2 4.5v8A1.5 1.5 0 0 0 3.5 14h8a1.5 1.5 0 0 0 1.5-1.5V10M9.5 2H14v4.5M14 2L7.5 8.5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.3M8 13.7V15M15 8h-1.3M2.3 8H1M12.95 3.05l-.9.9M3.95 12.05l-.9.9M12.95 12.95l-.9-.9M3.95 3.95l-.9-.9',
  moon: 'M13.5 9.6A5.9 5.9 0 0 1 6.4 2.5a5.9 5.9 0 1 0 7.1 7.1z',
  half: 'M8 1.8a6.2 6.2 0 1 0 0 12.4zM8 1.8a6.2 6.2 0 0 1 0 12.4',
  hand: 'M5 8V3.7a1 1 0 0 1 2 0V7 2.5a1 1 0 0 1 2 0V7 3.2a1 1 0 0 1 2 0V8.5 5.5a1 1 0 0 1 2 0v4.3c0 2.5-1.9 4.7-4.6 4.7-2 0-3-.9-3.9-2.3L2.5 9.7a1 1 0 0 1 1.7-1.1L5 9.7V8z',
  send: 'M2 8h9.5M8 4l4 4-4 4M14.2 3v10',
  back: 'M6 3L2 7l4 4M2.2 7H10a4 4 0 0 1 0 8H8',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L14 14',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  services: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h11',
  inbox: 'M2 9.2V12a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 14 12V9.2M2 9.2L4 3h8l2 6.2M2 9.2h3.4l.9 1.6h3.4l.9-1.6H14',
  octagon: 'M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4zM5.2 8h5.6',
  places: 'M2.5 2.5h11v4.2h-11zM2.5 9.3h11v4.2h-11zM5 4.6h.1M5 11.4h.1',
  compare: 'M5 2.5L2 5.5l3 3M2.2 5.5h9M11 7.5l3 3-3 3M13.8 10.5h-9',
  chevron: 'M6 3.5L10.5 8 6 12.5',
  flow: 'M1.5 11.5c4.5 0 4.5-7 9-7h3M11 1.8l2.7 2.7L11 7.2M1.5 4.5h3M8 11.5h5.5',
  flag: 'M3.5 14.2V2.2M3.5 2.8h8.7l-2 3 2 3H3.5',
  commit: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM1 8h4.2M10.8 8H15',
  run: 'M4.5 2.8l8 5.2-8 5.2z',
  box: 'M8 1.8l5.6 3.1v6.2L8 14.2l-5.6-3.1V4.9zM2.6 5L8 8l5.4-3M8 8v6',
} as const

export type IconName = keyof typeof paths

/** Decoration only: the words beside it or the button's name say what it means. */
export function Icon({ name, size = 15 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  )
}
