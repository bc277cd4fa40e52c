// Makes a server-drawn chart interactive: values under the pointer, zoom. The table beside it stays the full truth.
// <figure data-chart data-rows="id of a script[type='application/json']"> holds {labels, values, goal, goalLabel, unit, mark}.
const figure = document.querySelector("figure[data-chart]");
const source = figure && document.getElementById(figure.dataset.rows);
if (source) {
  const data = JSON.parse(source.textContent);
  const { init } = await import("../../vendor/echarts.mjs");
  const box = document.createElement("div");
  box.className = "chart-live";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", figure.querySelector("svg").getAttribute("aria-label"));
  figure.querySelector("svg").replaceWith(box);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const chart = init(box, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 16, top: 24, bottom: 12, containLabel: true },
    tooltip: { trigger: "axis", valueFormatter: (value) => (value == null ? "—" : `${value} ${data.unit}`) },
    dataZoom: [{ type: "inside" }],
    xAxis: { type: "category", data: data.labels },
    yAxis: { type: "value", scale: true, min: (v) => Math.floor(Math.min(v.min, data.goal)), max: (v) => Math.ceil(Math.max(v.max, data.goal)) },
    graphic: data.mark
      ? [{ type: "text", left: "center", top: "middle", silent: true, style: { text: data.mark, fontSize: 40, fontWeight: 700, fill: colour("--synthetic"), opacity: 0.16 } }]
      : [],
    series: [
      {
        type: "line",
        data: data.values,
        connectNulls: false,
        symbolSize: 6,
        color: colour("--brand"),
        markLine: { silent: true, symbol: "none", lineStyle: { color: colour("--lost"), type: "dashed" }, data: [{ yAxis: data.goal, label: { formatter: data.goalLabel, position: "insideEndTop" } }] },
      },
    ],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}
