/** Style sheet of the attention page, light and dark. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f8fa; --ink: #1f2328; --muted: #57606a; --rule: #d0d7de;
  --accent: #0a5cad; --bar: #3d8fc6; --mark: #d55e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --panel: #161b22; --ink: #e6edf3; --muted: #9198a1; --rule: #3d444d;
    --accent: #79b8ff; --bar: #3d8fc6; --mark: #f0883e;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 20px 20px 48px; background: var(--ground); color: var(--ink);
  font: 15px/1.45 'DejaVu Sans', Verdana, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 0 0 8px; }
p { margin: 0 0 10px; color: var(--muted); overflow-wrap: anywhere; }
fieldset { border: 0; margin: 0 0 8px; padding: 0; display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
legend { float: left; width: 56px; padding: 0; font-weight: bold; }
label.choice { position: relative; border: 1px solid var(--rule); border-radius: 6px; padding: 2px 10px; cursor: pointer;
  background: var(--panel); }
label.choice input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
label.choice:has(:checked) { background: var(--accent); border-color: var(--accent); color: var(--ground); }
:focus-visible, label.choice:has(:focus-visible) { outline: 3px solid var(--mark); outline-offset: 1px; }
select { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 2px 6px; }
.view { display: grid; grid-template-columns: minmax(0, 1fr) 330px; gap: 24px; margin: 16px 0; align-items: start; }
@media (max-width: 820px) { .view { grid-template-columns: minmax(0, 1fr); } }
#matrix { display: block; width: 100%; touch-action: none; cursor: crosshair; }
#detail { min-height: 5.2em; padding: 10px 12px; border: 1px solid var(--rule); border-radius: 8px; background: var(--panel); margin-bottom: 14px; overflow-wrap: anywhere; }
#detail strong { font-size: 22px; display: block; }
.token { font-family: 'DejaVu Sans Mono', Consolas, monospace; background: var(--ground); border: 1px solid var(--rule); border-radius: 4px; padding: 0 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
td { padding: 2px 6px 2px 0; vertical-align: middle; }
td.name { white-space: nowrap; }
td.name .token { display: inline-block; max-width: 110px; overflow: hidden; text-overflow: ellipsis; white-space: pre; vertical-align: bottom; }
td.amount { width: 100%; }
td.amount div { height: 11px; background: var(--bar); border-radius: 2px; min-width: 1px; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.current td.amount div { background: var(--mark); }
.text { display: flex; flex-wrap: wrap; gap: 3px 2px; padding: 4px; }
.text button { background: none; color: inherit; font: 14px/1.5 'DejaVu Sans Mono', Consolas, monospace; border: 1px solid transparent; border-radius: 4px; padding: 0 3px; cursor: pointer; min-width: 1.2em; max-width: 100%; overflow-wrap: anywhere; }
.text button[aria-pressed='true'] { border-color: var(--mark); box-shadow: 0 0 0 1px var(--mark); }
#heads { display: grid; gap: 6px; overflow-x: auto; padding: 4px; align-items: center; }
#heads button { padding: 0; border: 2px solid var(--rule); border-radius: 4px; background: none; cursor: pointer; line-height: 0; }
#heads button[aria-pressed='true'] { border-color: var(--mark); }
#heads canvas { width: 100%; aspect-ratio: 1; }
#heads span { font-size: 13px; color: var(--muted); white-space: nowrap; }
section { margin-top: 22px; }
.scale { display: flex; align-items: center; gap: 8px; color: var(--muted); font-size: 13px; margin-top: 6px; }
.scale canvas { width: 180px; height: 12px; border: 1px solid var(--rule); }
`;
