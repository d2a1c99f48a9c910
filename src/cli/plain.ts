/*
 * What we print is partly written by others: authors of commits, programs, whoever may record events. On a terminal it may be
 * read, but must not steer it (move the cursor, rename the window, answer for the user) nor change the order of what is read.
 */

/** C0 without tab and line feed, DEL, C1, and Unicode's line, paragraph and direction controls. */
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g
/** Our own colours, as picocolors makes them. */
const ownColours = /\u001B\[(?:[12]|22|3[1-6]|39)m/
/** All that programs may want in their logs: colours, and to begin a line again. */
const logColours = /\u001B\[[\d;]*m|\r/

const visible = (control: string) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
const sparing = (spared: RegExp) => {
  const either = new RegExp(`${spared.source}|${controls.source}`, 'g')
  const whole = new RegExp(`^(?:${spared.source})$`)
  return (text: string) => text.replace(either, (found) => (whole.test(found) ? found : visible(found)))
}

const withColours = sparing(ownColours)
const ownColour = new RegExp(ownColours.source, 'g')

/** A line of ours, with whatever it quotes. */
export const plain = (text: string, coloured: boolean): string => withColours(coloured ? text : text.replace(ownColour, ''))
/** The output of a program. */
export const plainLog = sparing(logColours)
/** JSON that says the same. */
export const plainJson = (json: string) => json.replace(controls, visible)
