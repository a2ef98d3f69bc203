"""How a report looks, on a light screen, a dark one, and on paper."""

from __future__ import annotations

STYLE = """:root{color-scheme:light dark;--page:#fff;--ink:#1d2126;--quiet:#565d66;--rule:#d5d9de;--bar:#3a76b8;
--best:#1b7f4b;--line:#1d2126;--chance:#9a5700;--soft:#f1f3f5;--only:#8a4b00;--onlybg:#fff1d6}
@media screen and (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e4e7ea;--quiet:#a6aeb7;--rule:#3a4047;
--bar:#5b98da;--best:#4fb97f;--line:#f2f4f6;--chance:#e0a14a;--soft:#20252a;--only:#ffcf87;--onlybg:#3d2c10}}
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;padding:0 1.2em;max-width:76em;background:var(--page);
color:var(--ink)}h1,h2,h3,p{overflow-wrap:anywhere}h1{font-size:1.7em;line-height:1.25;margin:.2em 0}
h2{font-size:1.25em;margin:2em 0 .3em;border-bottom:1px solid var(--rule)}h3{font-size:1em;margin:1.4em 0 .3em}
p{max-width:62em;margin:.5em 0}.quiet,caption{color:var(--quiet)}.advice,.warning{max-width:none}
.advice{font-size:1.2em;padding:.7em 1em;
background:var(--soft);border-left:4px solid var(--best)}.warning{padding:.3em .8em;border-left:4px solid var(--only);
background:var(--onlybg);color:var(--ink)}.wide{overflow-x:auto}table{border-collapse:collapse;margin:.8em 0}
caption{text-align:left}th,td{padding:.3em .9em .3em 0;text-align:left;vertical-align:middle;
border-bottom:1px solid var(--rule)}td:last-child{min-width:7em}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}
svg{display:block}.track{fill:var(--soft)}.bar{fill:var(--bar)}.best .bar{fill:var(--best)}
.range{stroke:var(--line);stroke-width:1.5}.edge{stroke:var(--page);stroke-width:4}
.chance{stroke:var(--chance);stroke-width:2;stroke-dasharray:3 2}
.figure{font-variant-numeric:tabular-nums;white-space:nowrap}.figure small{color:var(--quiet)}
.question{display:flex;gap:1em;align-items:center;margin-top:1.6em}.question img{width:112px;height:112px;
object-fit:contain;background:var(--soft)}.row{display:grid;grid-template-columns:repeat(10,minmax(0,1fr));gap:6px;
margin:.2em 0 .8em;padding:0;list-style:none}.row li{position:relative;min-width:0}.row img,.none{width:100%;
aspect-ratio:1;object-fit:contain;background:var(--soft);display:block;box-sizing:border-box}
.none{font-size:11px;padding:4px;overflow:hidden}.row .lone img,.row .lone .none{outline:3px solid var(--only);
outline-offset:-3px}.only,.same{font-size:11px;padding:0 .35em;line-height:1.5}.only{background:var(--onlybg);
color:var(--only)}.same{background:var(--best);color:var(--page);font-weight:bold}.row .same{position:absolute;top:0;
right:0}.pair{display:grid;grid-template-columns:1fr 1fr;gap:1.2em}.pair .row{grid-template-columns:repeat(5,1fr)}
.name{margin:.4em 0 0;font-weight:600}
@media screen and (max-width:50em){.row{grid-template-columns:repeat(5,minmax(0,1fr))}
.pair{grid-template-columns:1fr}}@media print{:root{color-scheme:light}
.wide{overflow:visible}.wide svg{width:120px;height:auto}body{margin:0;max-width:none;font-size:11px}
h2,h3,.name{break-after:avoid}
.answers,.question,tr,.keep{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"""
