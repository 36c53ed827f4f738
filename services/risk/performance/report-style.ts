/** Of the report: light or dark as the reader's system is, and black on white in print. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2530; --soft: #5b6875; --line: #dfe4ea; --paper: #fff; --card: #f6f8fa; --rise: #1f6f54; --fall: #a8322d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --line: #2d3743; --paper: #11171e; --card: #18202a; --rise: #5fc29b; --fall: #ef857f; } }
@media print { :root { --ink: #000; --soft: #444; --line: #ccc; --paper: #fff; --card: #fff; --rise: #1f6f54; --fall: #a8322d; } section { break-inside: avoid; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 36px 0 10px; }
p { margin: 6px 0; color: var(--soft); }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 1px; margin: 22px 0 0; background: var(--line); border: 1px solid var(--line); }
dl.figures div { background: var(--card); padding: 12px 14px; }
dl.figures dt { font-size: 12px; color: var(--soft); }
dl.figures dd { margin: 2px 0 0; font-size: 20px; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl.figures small { display: block; font-size: 12px; color: var(--soft); white-space: normal; }
.down { color: var(--fall); }
figure { margin: 8px 0 0; overflow-x: auto; }
figcaption { font-size: 12px; color: var(--soft); text-align: right; }
svg { display: block; width: 100%; min-width: 560px; height: auto; }
svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg line { stroke: var(--line); }
svg polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg polygon { stroke: none; opacity: 0.14; }
svg.rise polyline { stroke: var(--rise); } svg.rise polygon { fill: var(--rise); }
svg.fall polyline { stroke: var(--fall); } svg.fall polygon { fill: var(--fall); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); font-size: 12px; }
.text { text-align: left; }
.heat { display: block; margin: -5px -8px; padding: 5px 8px; background: color-mix(in srgb, var(--tone) calc(var(--heat) * 1%), transparent); }
.metrics { columns: 2; column-gap: 36px; }
.metrics div { display: flex; justify-content: space-between; gap: 12px; padding: 4px 0; border-bottom: 1px solid var(--line); break-inside: avoid; font-size: 13px; }
.metrics dt { color: var(--soft); } .metrics dd { margin: 0; font-variant-numeric: tabular-nums; }
footer { margin-top: 40px; font-size: 12px; }
@media (max-width: 620px) { .metrics { columns: 1; } }
`;
