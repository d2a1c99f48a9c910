/** Text that is markup already. Only `markup` and `raw` make it, so nothing else gets into a page unescaped. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | false | Markup | readonly Value[]

/** Only for markup that comes with this program. */
export const raw = (text: string): Markup => new Markup(text)

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function render(value: Value): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return value === false ? '' : escape(String(value))
}

/** Template tag: escapes everything put in, except other `markup`. */
export function markup(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return raw(String.raw({ raw: parts }, ...values.map(render)))
}
