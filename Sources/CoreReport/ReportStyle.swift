/// How the report looks. The colours are Okabe's and Ito's, which colour-blind people tell apart, darker or lighter where the ground
/// asks for it; what matters differs in shape, place or thickness as well, so that it can be told apart in grey.
enum ReportStyle {
  static let sheet = #"""
    :root {
      color-scheme: light dark;
      --paper: #fff; --ink: #1a1c1e; --soft: #5c6166; --faint: #e4e6e8; --ground: #f6f7f8;
      --blue: #0063a3; --sky: #56b4e9; --orange: #e69f00; --red: #c04a00; --green: #007a59; --purple: #9a4f7f; --grey: #8e959b;
      --wash: 0.28;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --paper: #14171a; --ink: #e3e6e8; --soft: #9aa2a9; --faint: #2b3136; --ground: #1c2024;
        --blue: #64b5f6; --sky: #3d8fc4; --orange: #e0a32e; --red: #ff8a4c; --green: #3ecba0; --purple: #d99ac2; --grey: #7b848c;
        --wash: 0.38;
      }
    }
    * { box-sizing: border-box; }
    html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 3rem 1.5rem 6rem; max-width: 68rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    .kicker { margin: 0; color: var(--soft); font-size: 0.8125rem; letter-spacing: 0.04em; }
    h1 { margin: 0.1rem 0 0; font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
    h2 { margin: 4rem 0 1rem; padding-top: 0.75rem; border-top: 1px solid var(--ink); font-size: 1.25rem; line-height: 1.3; }
    h3 { margin: 2rem 0 0.25rem; font-size: 1rem; line-height: 1.4; font-weight: 600; }
    p { max-width: 44rem; }
    a { color: inherit; text-decoration-color: var(--grey); text-underline-offset: 0.15em; }
    a:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
    .verdict { margin: 1.25rem 0 0; font-size: 1.375rem; line-height: 1.35; font-weight: 600; }
    .verdict.failed, .worse { color: var(--red); }
    .better { color: var(--green); }
    .comparison { margin: 0.4rem 0 0; max-width: none; }
    .note { margin: 0.25rem 0 0.5rem; color: var(--soft); font-size: 0.875rem; }

    table { border-collapse: collapse; margin: 1.5rem 0 0.5rem; line-height: 1.4; }
    th, td { padding: 0.4rem 0 0.4rem 2.25rem; text-align: right; vertical-align: baseline; font-weight: 400; }
    th:first-child, td:first-child { padding-left: 0; text-align: left; }
    thead th, thead td { color: var(--soft); font-size: 0.875rem; vertical-align: bottom; }
    tbody tr { border-top: 1px solid var(--faint); }
    tbody tr:last-child { border-bottom: 1px solid var(--faint); }
    .figures td { font-weight: 550; white-space: nowrap; }
    .expectations td { overflow-wrap: normal; }
    .difference { display: block; font-size: 0.8125rem; font-weight: 400; color: var(--soft); }
    .difference.better { color: var(--green); }
    .difference.worse { color: var(--red); }
    .failures { margin: 1rem 0 0; padding: 0; max-width: 48rem; list-style: none; }
    .failures li { margin: 0.75rem 0 0; padding: 0.1rem 0 0.1rem 1rem; border-left: 3px solid var(--red); }

    .index { margin: 1.5rem 0 0; padding: 0; list-style: none; columns: 16rem auto; }
    .strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.4rem, 1fr)); gap: 1rem; margin: 1.25rem 0; }
    .strip div { display: flex; flex-direction: column; justify-content: space-between; }
    .strip dt { font-size: 0.8125rem; }
    .strip dd { margin: 0; font-size: 1.25rem; font-weight: 600; }

    figure { margin: 2.75rem 0 0; }
    h2 + figure { margin-top: 1.25rem; }
    figcaption h3 { margin: 0; }
    .legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; margin: 0; padding: 0; list-style: none; }
    .legend li { display: flex; align-items: center; gap: 0.45rem; color: var(--soft); font-size: 0.8125rem; }
    .legend .row { flex-basis: 100%; }
    .swatch { flex: none; }
    .head { display: flex; justify-content: space-between; gap: 1.5rem; }
    .run { flex: none; }
    .reading { flex: 1; text-align: right; }
    .panel { position: relative; margin-top: 0.75rem; break-inside: avoid; }
    .panel p { max-width: none; margin: 0; font-size: 0.8125rem; line-height: 1.4; }
    .run { font-weight: 600; }
    .reading { display: none; color: var(--soft); }
    .scripted .reading { display: block; min-height: 1.4em; }
    .panel .under { padding-left: 56px; color: var(--soft); font-size: 0.75rem; }

    .chart { display: block; width: 100%; padding: 0 26px 0 56px; overflow: visible; touch-action: pan-y; }
    .field { overflow: visible; }
    .chart text { fill: var(--soft); font-size: 11px; text-anchor: middle; }
    .chart text.level { text-anchor: end; }
    .chart text.lane { font-size: 10px; }
    .chart text.target { fill: var(--red); font-weight: 600; }
    .chart text.bound { fill: var(--ink); }
    .grid { stroke: var(--faint); }
    .grid.zero { stroke: var(--grey); }
    .cursor { stroke: var(--ink); stroke-width: 1; pointer-events: none; }
    path { vector-effect: non-scaling-stroke; }
    .line { fill: none; stroke: var(--blue); stroke-width: 1.5; stroke-linejoin: round; }
    .line.current { stroke: var(--orange); stroke-width: 5; stroke-opacity: 0.55; }
    .line.desired { stroke-width: 2; }
    .line.desired.thin { stroke-width: 1.25; }
    .line.value, .line.offered { stroke: var(--ink); }
    .line.limit { stroke: var(--grey); stroke-width: 1; stroke-dasharray: 2 3; }
    .line.today { stroke: var(--grey); stroke-width: 1.25; }
    .line.target { stroke: var(--red); stroke-dasharray: 6 3; stroke-width: 1.25; }
    .line.proposed { stroke: var(--purple); stroke-width: 1.75; }
    .line.pod { stroke: var(--ink); stroke-width: 1; stroke-opacity: 0.3; }
    .line.mean { stroke: var(--ink); }
    .line.highest { stroke: var(--red); stroke-width: 1; }
    .line.lowest { stroke-width: 1; }
    .line.pod:hover { stroke: var(--red); stroke-width: 2; stroke-opacity: 1; }
    .band { fill: var(--red); fill-opacity: 0.1; }
    .area { fill: var(--sky); fill-opacity: var(--wash); }
    .area.served { fill: var(--green); }
    .area.unmet { fill: var(--red); fill-opacity: 0.7; }
    .area.node { fill: var(--grey); fill-opacity: 0.55; }
    .hold.window { fill: var(--sky); }
    .hold.policy { fill: var(--orange); }
    .hold.limit { fill: var(--red); }
    .hold.missingMetrics { fill: var(--grey); }
    .mark circle { fill: var(--paper); stroke: var(--blue); stroke-width: 1.5; }
    .mark:hover circle { fill: var(--blue); }
    .mark.event circle { fill: var(--ink); stroke: none; }
    .mark.event line { stroke: var(--grey); stroke-dasharray: 1 4; }
    .mark.failure line, .mark.failure path { stroke: var(--red); stroke-width: 2; }
    .mark.failure line { stroke-width: 1; }

    .decisions { margin: 0.5rem 0 0; padding: 0; list-style: none; font-size: 0.9375rem; line-height: 1.45; }
    .decisions li { display: grid; grid-template-columns: 6.5rem 4.5rem 1fr; padding: 0.35rem 0; border-top: 1px solid var(--faint); }
    .decisions li:target, .failures li:target { background: color-mix(in srgb, var(--orange) 22%, transparent); }
    .decisions time { color: var(--soft); }
    .decisions b { font-weight: 600; }
    .decisions .event span { color: var(--soft); }
    .sources { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 0.35rem 1.5rem; margin: 0; }
    dt { color: var(--soft); }
    dd { margin: 0; }
    pre {
      margin: 0.5rem 0 0; padding: 0.9rem 1rem; background: var(--ground); border-radius: 4px; white-space: pre-wrap;
      font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
    }
    ins { text-decoration: none; font-weight: 700; background: color-mix(in srgb, var(--orange) 22%, transparent); }

    @media (max-width: 640px) {
      body { padding: 1.5rem 1rem 4rem; }
      h1 { font-size: 1.5rem; }
      h2 { margin-top: 3rem; }
      .verdict { font-size: 1.1875rem; }
      .fine { display: none; }
      table, thead, tbody { display: block; font-size: 0.8125rem; }
      tr { display: grid; grid-template-columns: repeat(var(--runs), minmax(0, 1fr)); column-gap: 0.5rem; padding: 0.4rem 0; }
      th, td, th:first-child { padding: 0; text-align: left; }
      th:first-child, td:first-child { grid-column: 1 / -1; color: var(--soft); }
      thead th { font-size: 0.75rem; }
      thead th:first-child { font-size: 0.8125rem; }
      .difference { font-size: 0.75rem; }
      .head { display: block; }
      .reading { text-align: left; }
      .scripted .reading { min-height: 2.8em; }
      .chart { padding-right: 20px; }
      .decisions li { grid-template-columns: 5.5rem 1fr; }
      .decisions span { grid-column: 1 / 3; }
      .sources { display: block; }
      .sources dd { margin-bottom: 0.5rem; }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 10pt; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      h2 { margin-top: 2rem; }
      h2, h3, figcaption { break-after: avoid; }
      table { break-inside: avoid; }
      tr, .decisions li, .failures li { break-inside: avoid; }
      .scripted .reading { display: none; }
    }

    """#
}
