/** Self-contained: no font, no script, nothing that is fetched. Light and dark as the reader has it, and for paper. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #16202a; --soft: #5d6a76; --line: #dbe1e7; --flow: #0f6cbd; --stop: #b3261e; --wash: #f4f7f9; }
@media (prefers-color-scheme: dark) { :root { --paper: #10161c; --ink: #e6edf3; --soft: #97a4b0; --line: #2b3641; --flow: #6cb6ff; --stop: #ff8a80; --wash: #18212a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1.05rem; margin: 0; }
p { margin: .4rem 0; max-width: 46rem; } .soft { color: var(--soft); } .stop { color: var(--stop); font-weight: 600; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.figures li { background: var(--wash); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; color: var(--soft); }
.figures b { display: block; color: var(--ink); font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-size: .75rem; font-weight: 600; color: var(--soft); padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { text-align: right; padding: .32rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, .text { text-align: left; } td.text { white-space: normal; }
.spark { width: 84px; height: 20px; vertical-align: middle; } .spark polyline, .curve .line { fill: none; stroke: var(--flow); stroke-width: 1.8; }
.curve { width: 100%; max-width: 34rem; display: block; } .curve text { font-size: 11px; fill: var(--soft); }
.curve .grid { stroke: var(--line); } .curve .band { fill: var(--flow); opacity: .16; } .curve .before { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 3 3; }
.shares { display: flex; gap: 2px; margin: .5rem 0; } .shares div { background: var(--line); border-radius: 3px; min-width: 3px; height: 1.7rem; overflow: hidden; flex-basis: 0; }
.shares .most { background: var(--flow); color: var(--paper); } .shares span { font-size: .75rem; line-height: 1.7rem; padding: 0 .45rem; white-space: nowrap; }
article { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.1rem; margin: 1rem 0; break-inside: avoid; }
article > div { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1rem 2rem; margin-top: .75rem; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; max-width: 46rem; color: var(--soft); } a { color: var(--flow); }
@media print { body { font-size: 11px; padding: 0; max-width: none; } .wide { overflow: visible; } }
`
