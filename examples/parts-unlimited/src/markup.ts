/** Text that is markup already. Only `markup` and `raw` make it, so nothing else gets into a page unescaped. */
export class Markup extends String {}

type Value = string | number | false | Markup | readonly Value[]

/** Only for markup that comes with this program. */
export const raw = (text: string): Markup => new Markup(text)

/** Template tag: escapes everything put in, except other `markup`. */
export function markup(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return raw(String.raw({ raw: parts }, ...values.map(render)))
}

function render(value: Value): string {
  if (Array.isArray(value)) return value.map(render).join('')
  if (value instanceof Markup) return value.toString()
  return value === false ? '' : String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
