/** How far back from the end the reason is looked for. */
const linesMax = 60
/** What runtimes and package managers say after the reason. */
const noise = /^(?:\s*$|Node\.js v\d|# \w+ [\d.]+$|\s+at |npm (?:error|ERR!)|\s*[{}\])]+[,;]?\s*$|\s*\^+\s*$)/
const telling = /\b(?:[A-Z]\w*(?:Error|Exception)|error|fatal|panic|failed|failure|cannot|not ok)\b/i

/**
 * The line of a failed program's output that most likely says why: the last that names an error, else the last that says
 * anything. Empty when it said nothing.
 */
export function tellingLine(output: string): string {
  const said = output
    .split('\n')
    .slice(-linesMax)
    .filter((line) => !noise.test(line))
  return (said.findLast((line) => telling.test(line)) ?? said.at(-1) ?? '').trim()
}
