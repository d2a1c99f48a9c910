import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, refused } from '../../../src/kernel/errors.ts'

/** Where the change ends: it runs in production, or a stage finds it out and the line stops. */
export type StoryEnd = 'delivered' | 'found in test' | 'rolled back in production'

export type StoryChange = {
  readonly name: 'free-shipping' | 'order-note' | 'order-note-fix' | 'banner-encoding' | 'banner-encoding-fix'
  /** What the storyteller says before it happens. */
  readonly title: string
  readonly end: StoryEnd
  /** Name of the change whose stop this one ends: its commit needs a `Fixes-Stop` trailer. */
  readonly fixes: StoryChange['name'] | undefined
  readonly author: { readonly name: string; readonly email: string }
  readonly message: string
  /**
   * Edits the files in a scratch repository, without committing.
   * @throws ThreewaysError `STORY_TEXT_NOT_FOUND` when the files are not those the change was written for
   */
  apply(folder: string): Promise<void>
}

const authors = {
  mara: { name: 'Mara Lindqvist', email: 'mara@parts-unlimited.example' },
  tomas: { name: 'Tomas Okafor', email: 'tomas@parts-unlimited.example' },
  yuki: { name: 'Yuki Brandt', email: 'yuki@parts-unlimited.example' },
}

/** In the order they are told; each is written for the files its predecessors leave. */
export const storyChanges: readonly StoryChange[] = [
  {
    name: 'free-shipping',
    title: 'Mara gives free shipping from $50',
    end: 'delivered',
    fixes: undefined,
    author: authors.mara,
    message: 'Ship for free from $50\n\nSmall baskets are abandoned at the sum. The front page says it, the basket does it.',
    apply: rewrite({
      'src/pricing.ts': [
        ['/** Money is', '/** From here on, shipping is on us. */\nexport const freeShippingFromCents = 5_000\n\n/** Money is'],
        ['return goodsCents === 0 ? 0 : 690', 'return goodsCents === 0 || goodsCents >= freeShippingFromCents ? 0 : 690'],
      ],
      'src/pages.ts': [
        ['{ dollars, quote }', '{ dollars, freeShippingFromCents, quote }'],
        ['shipped from our own shelves.', 'shipped for free from ${dollars(freeShippingFromCents)}.'],
        ['${dollars(sum.shippingCents)}', "${sum.shippingCents === 0 ? 'free' : dollars(sum.shippingCents)}"],
      ],
      'test/unit.ts': [
        ['{ dollars, quote }', '{ dollars, freeShippingFromCents, quote, shippingFor }'],
        [
          "it('values are escaped",
          `it('shipping is free from the limit on, not a cent before', () => {
  assert.deepEqual([freeShippingFromCents - 1, freeShippingFromCents].map(shippingFor), [690, 0])
})

it('values are escaped`,
        ],
      ],
    }),
  },
  {
    name: 'order-note',
    title: 'Tomas lets customers leave a note, and forgets the column it is kept in',
    end: 'found in test',
    fixes: undefined,
    author: authors.tomas,
    message: 'Keep a note with the order\n\nCustomers write "leave it with the neighbour" into the name field. Give them a field of its own.',
    apply: rewrite({
      'src/pages.ts': [
        ['<button>Buy for ', '<label>Note<input name="note" maxlength="200" placeholder="Leave it with the neighbour"></label>\n<button>Buy for '],
      ],
      'src/shop.ts': [
        ['const [id, customer, email] =', 'const [id, customer, email, note] ='],
        ["['order', 'name', 'email']", "['order', 'name', 'email', 'note']"],
        ['email: email! }', 'email: email!, note: note! }'],
      ],
      'src/database.ts': [
        ['email: string; lines', 'email: string; note: string; lines'],
        ['buy({ id, customer, email, lines }', 'buy({ id, customer, email, note, lines }'],
        ['insert into orders (id, customer, email, ', 'insert into orders (id, customer, email, note, '],
        ['values ($1, $2, $3, $4, $5) on', 'values ($1, $2, $3, $4, $5, $6) on'],
        ['[id, customer, email, ', '[id, customer, email, note, '],
      ],
    }),
  },
  {
    name: 'order-note-fix',
    title: 'Tomas adds the migration, and a test that would have told him',
    end: 'delivered',
    fixes: 'order-note',
    author: authors.tomas,
    message: 'Add the column for the note\n\nThe checkout wrote a column that only my own database had. It has a default, so that the version\nbefore can still write orders while both run.',
    apply: rewrite({
      'db/migrations/002_order_note.sql': "alter table orders add column note text not null default '';\n",
      'test/integration.ts': [
        ['await buy(2, { order })\n', "await buy(2, { order, note: 'Leave it with the neighbour' })\n"],
        [
          '/nothing was bought twice/)\n',
          `/nothing was bought twice/)
  const { rows } = await database.query('select note from orders where id = $1', [order])
  assert.deepEqual(rows, [{ note: 'Leave it with the neighbour' }])
`,
        ],
      ],
    }),
  },
  {
    name: 'banner-encoding',
    title: 'Yuki reads the banner URL-encoded; only the banner of production holds a "%"',
    end: 'rolled back in production',
    fixes: undefined,
    author: authors.yuki,
    message: 'Read the banner URL-encoded\n\nMarketing sets it in a form that drops quotes and accents. Encoded, they arrive.',
    apply: rewrite({
      'src/banner.ts': [
        ['Empty: no line. */', 'Empty: no line. May be URL-encoded. */'],
        ['return setting.trim()', 'return decodeURIComponent(setting.trim())'],
      ],
      'test/unit.ts': [
        [
          "it('values are escaped",
          `it('the banner may be URL-encoded', () => {
  assert.equal(bannerText('Caf%C3%A9 %22Piston%22 opens'), 'Café "Piston" opens')
})

it('values are escaped`,
        ],
      ],
    }),
  },
  {
    name: 'banner-encoding-fix',
    title: 'Yuki decodes only what is encoded, and keeps the banner of production as a test',
    end: 'delivered',
    fixes: 'banner-encoding',
    author: authors.yuki,
    message: 'Leave a percent sign in the banner alone\n\n"10 % off" encodes nothing: decoding it failed, and with it every page that has the banner.',
    apply: rewrite({
      'src/banner.ts': [
        [
          'return decodeURIComponent(setting.trim())',
          `return setting.trim().replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded
    }
  })`,
        ],
      ],
      'test/unit.ts': [
        [
          "it('values are escaped",
          `it('a percent sign that encodes nothing stays', () => {
  for (const text of ['Winter weeks: batteries and headlights are 10 % off', '100%', '50%FF off']) assert.equal(bannerText(text), text)
})

it('values are escaped`,
        ],
      ],
    }),
  },
]

/** Path in the repository to the text of a new file, or to what is replaced in an old one: each text must occur once. */
type Rewriting = Readonly<Record<string, string | readonly (readonly [from: string, to: string])[]>>

/** All of it or nothing: no file is written before every text was found. */
function rewrite(files: Rewriting): StoryChange['apply'] {
  return async (folder) => {
    const rewritten = await Promise.all(
      Object.entries(files).map(async ([file, change]) => [file, await rewriteOne(folder, file, change)] as const),
    )
    for (const [file, text] of rewritten) await writeFile(join(folder, file), text)
  }
}

async function rewriteOne(folder: string, file: string, change: Rewriting[string]): Promise<string> {
  const before = await readFile(join(folder, file), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (typeof change === 'string') {
    if (before !== undefined) throw unfit(folder, file, 'it is there already')
    return change
  }
  if (before === undefined) throw unfit(folder, file, 'it is not there')
  return change.reduce((text, [from, to]) => {
    const pieces = text.split(from)
    if (pieces.length !== 2) throw unfit(folder, file, `${JSON.stringify(from)} occurs ${pieces.length - 1} times instead of once`)
    return pieces.join(to)
  }, before)
}

function unfit(folder: string, file: string, why: string) {
  return refused('STORY_TEXT_NOT_FOUND', {
    message: `cannot apply the story's change to "${file}" in "${folder}": ${why}`,
    help: 'start the story from a new scratch repository, and apply its changes in order',
  })
}
