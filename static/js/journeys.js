// The movement chart. Without JavaScript, the table below it shows the same data.
const STAGES = ["discovery", "engagement", "conversion", "relationship"];

// Colour tokens use light-dark(), which a canvas does not understand, so let the browser resolve them.
function colour(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function palette() {
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, colour(`--stage-${stage}`)]));
  return { ...stages, "": colour("--line-strong"), ink: colour("--ink"), soft: colour("--ink-soft") };
}

function option(data, colours, withStayed, narrow) {
  const links = data.links.filter((link) => withStayed || link.kind !== "stayed");
  const used = new Set(links.flatMap((link) => [link.source, link.target]));
  const sum = (end, name) => links.filter((link) => link[end] === name).reduce((n, link) => n + link.value, 0);
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    // Rich text is drawn on the canvas; HTML tooltips need inline styles, which the CSP blocks.
    tooltip: {
      renderMode: "richText",
      backgroundColor: colour("--raised"),
      borderColor: colour("--line"),
      textStyle: { color: colours.ink },
      formatter: ({ dataType, data: item }) =>
        dataType === "edge" ? `${item.value} · ${item.from} → ${item.to}` : `${item.value} · ${item.label.text}`,
    },
    series: {
      type: "sankey",
      left: 4,
      right: narrow ? 96 : 140,
      top: 8,
      bottom: 8,
      nodeWidth: 14,
      nodeGap: 18,
      draggable: false,
      layoutIterations: 0,
      emphasis: { focus: "adjacency" },
      lineStyle: { color: "source", opacity: 0.35, curveness: 0.5 },
      data: data.nodes
        .filter((node) => used.has(node.name))
        .map((node) => {
          const n = sum(node.name.startsWith("then") ? "source" : "target", node.name);
          return {
            name: node.name,
            depth: node.name.startsWith("then") ? 0 : 1,
            itemStyle: { color: colours[node.stage], borderWidth: 0 },
            label: {
              text: node.label,
              formatter: `${node.label} ${n}`,
              color: colours.ink,
              textBorderWidth: 0,
              fontSize: narrow ? 11 : 13,
              fontFamily: getComputedStyle(document.body).fontFamily,
            },
          };
        }),
      links: links.map((link) => {
        const name = (key) => data.nodes.find((node) => node.name === key).label;
        return { ...link, from: name(link.source), to: name(link.target) };
      }),
    },
  };
}

function draw(figure) {
  const data = JSON.parse(document.getElementById(figure.dataset.source).textContent);
  const stayed = document.querySelector("[data-chart-stayed]");
  figure.hidden = false;
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", figure.dataset.label);
  const chart = window.echarts.init(figure, null, { renderer: "canvas" });
  const show = () =>
    chart.setOption(option(data, palette(), stayed?.checked ?? false, figure.clientWidth < 480), { notMerge: true });
  show();
  if (stayed && data.links.some((link) => link.kind === "stayed")) {
    stayed.closest("[data-needs-script]").hidden = false;
    stayed.addEventListener("change", show);
  }
  document.addEventListener("theme:change", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  new ResizeObserver(() => {
    chart.resize();
    show();
  }).observe(figure);
}

// The library's script is deferred and comes first, so it has already run.
if (window.echarts) document.querySelectorAll('[data-chart="sankey"]').forEach(draw);
