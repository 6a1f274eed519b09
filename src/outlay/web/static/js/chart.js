"use strict";
// Draws every [data-chart] from the JSON in that attribute, in the colours of css/tokens.css.
// The numbers here are drawn, never shown: tooltips use the texts that the server wrote.
(() => {
  const drawn = new Map();

  // Custom properties hold light-dark(); only a real property resolves it.
  const colours = () => {
    const probe = document.body.appendChild(document.createElement("i"));
    const cache = new Map();
    const read = (name) => {
      if (!cache.has(name)) {
        probe.style.color = `var(--${name})`;
        cache.set(name, getComputedStyle(probe).color);
      }
      return cache.get(name);
    };
    read.done = () => probe.remove();
    return read;
  };

  const faded = (rgb, alpha) => {
    const [red, green, blue] = rgb.match(/[\d.]+/g);
    return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
  };

  const line = (className, ...parts) => {
    const element = document.createElement("div");
    element.className = className;
    element.append(...parts);
    return element;
  };
  const span = (className, text) => {
    const element = document.createElement("span");
    element.className = className;
    element.textContent = text;
    return element;
  };

  // A tooltip as elements, not markup: nothing in a bill can become HTML.
  const tooltip = (spec) => (params) => {
    const index = params[0].dataIndex;
    const box = line("tip", line("tip-head", spec.labels[index]
      + (index >= spec.incomplete_from ? " (incomplete)" : "")));
    for (const series of spec.series) {
      const text = series.texts[index];
      if (text === null) continue;
      const swatch = span(`swatch ${series.colour}`, "");
      box.append(line("tip-row", swatch, span("tip-name", series.name), span("tip-num", text)));
    }
    if (spec.totals && spec.totals[index] !== null) {
      box.append(line("tip-row tip-total", span("", ""), span("tip-name", "Total"),
        span("tip-num", spec.totals[index])));
    }
    if (spec.previous) {
      box.append(line("tip-row", span("swatch dashed", ""), span("tip-name", spec.previous.name),
        span("tip-num", spec.previous.texts[index] ?? "–")));
    }
    const ahead = spec.forecast?.texts[index];
    if (ahead) {
      box.append(line("tip-row tip-total", span("swatch dashed", ""), span("tip-name", spec.forecast.name),
        span("tip-num", ahead)));
      for (const band of [...spec.forecast.bands].reverse()) {
        box.append(line("tip-row", span("", ""), span("tip-name", `${band.name} of the time`),
          span("tip-num", band.texts[index])));
      }
      box.append(line("tip-row tip-note", span("", ""), span("tip-name", spec.forecast.note)));
    }
    for (const mark of spec.marks ?? []) {
      if (index < mark.from || index > mark.to) continue;
      box.append(line("tip-row tip-mark", span("", "⚑"), span("tip-name", `${mark.when}: ${mark.text}`)));
    }
    return box;
  };

  // Annotations stand over the chart, since its library was built without marks: a flag with the
  // number of the list below, and a line, or a band over several periods, down to the axis.
  const flag = (spec, chart, host) => {
    host.querySelector(".chart-marks")?.remove();
    if (!spec.marks?.length) return;
    const layer = line("chart-marks");
    const at = (index) => chart.convertToPixel({ xAxisIndex: 0 }, index);
    const foot = chart.convertToPixel({ yAxisIndex: 0 }, 0);
    const places = new Map();
    spec.marks.forEach((mark, index) => {
      places.set(mark.from, [...(places.get(mark.from) ?? []), { ...mark, number: index + 1 }]);
    });
    for (const [from, marks] of places) {
      // Within a picture nothing may be focused: the list below the chart has the links.
      const mark = span(`chart-mark ${marks[0].category}`, "");
      mark.addEventListener("click", () => {
        const card = host.closest(".card") ?? document;
        card.querySelector(`.marks a[href="${marks[0].href}"]`)?.click();
      });
      mark.title = marks.map((one) => `${one.when}: ${one.text}`).join("\n");
      mark.textContent = marks.map((one) => one.number).join(",");
      mark.style.left = `${at(from)}px`;
      mark.style.setProperty("--foot", `${Math.max(foot - 16, 0)}px`);
      const last = Math.max(...marks.map((one) => one.to));
      if (last > from) mark.style.setProperty("--width", `${at(last) - at(from)}px`);
      layer.append(mark);
    }
    layer.setAttribute("aria-hidden", "true");
    host.append(layer);
  };

  const decal = (colour) => ({
    symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2.5, 3], rotation: -Math.PI / 4, color: colour,
  });

  const shortNumber = (value) => {
    const size = Math.abs(value);
    for (const [limit, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
      if (size >= limit) return `${+(value / limit).toPrecision(3)}${unit}`;
    }
    return String(+value.toPrecision(3));
  };

  // A band is two lines, one on the other: its foot, unseen, and what is between as an area.
  const forecast = (told, colour) => {
    const ink = colour("ink-2");
    const still = { type: "line", symbol: "none", silent: true, emphasis: { disabled: true } };
    const found = [];
    told.bands.forEach((band, index) => {
      const between = band.upper.map((high, at) => (high === null ? null : high - band.lower[at]));
      const stack = { stack: `band${index}`, stackStrategy: "all" };
      found.push(
        { ...still, ...stack, name: band.name, data: band.lower, lineStyle: { opacity: 0 }, z: 3 },
        { ...still, ...stack, name: band.name, data: between, lineStyle: { opacity: 0 }, z: 3,
          areaStyle: { color: faded(ink, index ? 0.16 : 0.09) } },
      );
    });
    found.push({
      ...still, name: told.name, data: told.values, z: 6, itemStyle: { color: ink },
      lineStyle: { color: ink, width: 2, type: [5, 4] },
    });
    return found;
  };

  const option = (spec, colour) => {
    const surface = colour("surface");
    const bars = spec.series.map((series) => {
      const fill = colour(series.colour);
      // Lines do not add up (a cost per unit, an average): they are never stacked.
      if (spec.kind === "lines" || spec.kind === "areas") {
        const area = spec.kind === "areas";
        return {
          name: series.name, type: "line", data: series.values, symbol: "circle", symbolSize: 5,
          showAllSymbol: true, connectNulls: false, itemStyle: { color: fill },
          lineStyle: { color: fill, width: area ? 1.2 : 2, type: series.dashed ? [5, 4] : "solid" },
          ...(area && { areaStyle: { color: faded(fill, spec.stack === false ? 0.25 : 0.72) }, symbol: "none",
            stack: spec.stack === false ? undefined : "all", emphasis: { disabled: true } }),
        };
      }
      const hatched = { color: faded(fill, 0.55), decal: decal(faded(surface, 0.85)) };
      return {
        name: series.name, type: "bar", stack: spec.stack === false ? undefined : "all", barCategoryGap: "24%", barMaxWidth: 54,
        emphasis: { focus: "none" },
        itemStyle: { color: fill, borderColor: surface, borderWidth: spec.labels.length > 45 ? 0 : 0.6 },
        data: series.values.map((value, index) =>
          index >= spec.incomplete_from ? { value, itemStyle: hatched } : value),
      };
    });
    if (spec.previous) {
      bars.push({
        name: spec.previous.name, type: "line", data: spec.previous.values, symbol: "none", z: 5,
        lineStyle: { color: colour("ink-2"), width: 1.6, type: [5, 4] }, itemStyle: { color: colour("ink-2") },
      });
    }
    if (spec.forecast) bars.push(...forecast(spec.forecast, colour));
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 4, right: 6, top: spec.marks?.length ? 22 : 12, bottom: 2, containLabel: true },
      tooltip: {
        trigger: "axis", confine: true, appendTo: "#tips", className: "chart-tip", transitionDuration: 0,
        axisPointer: { type: "shadow", shadowStyle: { color: faded(colour("ink-3"), 0.1) } },
        formatter: tooltip(spec),
      },
      xAxis: {
        type: "category", data: spec.ticks, boundaryGap: spec.kind !== "areas",
        axisTick: { show: false }, axisLine: { lineStyle: { color: colour("line-strong") } },
        axisLabel: { color: colour("ink-3"), fontSize: 11, hideOverlap: true },
      },
      yAxis: {
        type: "value", splitNumber: 4,
        axisLabel: { color: colour("ink-3"), fontSize: 11, formatter: shortNumber },
        splitLine: { lineStyle: { color: colour("line") } },
      },
      series: bars,
    };
  };

  const draw = (element) => {
    const source = element.dataset.chart;
    const known = drawn.get(element);
    if (known && known.source === source && known.theme === document.documentElement.dataset.theme
        && known.host.isConnected) return;
    drop(element);
    const spec = JSON.parse(source);
    let host = element.querySelector(".chart-host");
    if (!host) {
      host = document.createElement("div");
      host.className = "chart-host";
      element.append(host);
    }
    const chart = echarts.init(host);
    const colour = colours();
    chart.setOption(option(spec, colour));
    colour.done();
    flag(spec, chart, host);
    chart.getZr().on("click", (event) => {
      const point = [event.offsetX, event.offsetY];
      if (!chart.containPixel("grid", point)) return;
      const index = chart.convertFromPixel({ seriesIndex: 0 }, point)[0];
      const annotate = (element.closest(".card") ?? document).querySelector("[data-annotate][aria-pressed=true]");
      if (annotate && spec.days?.[index]) {
        element.dispatchEvent(new CustomEvent("outlay:annotate", {
          bubbles: true, detail: { day: spec.days[index], button: annotate },
        }));
        return;
      }
      if (!spec.links) return;
      // The period's own link stands in the table of numbers below the chart.
      const card = element.closest(".card") ?? document;
      card.querySelector(`[data-period="${index}"]`)?.click();
    });
    const observer = new ResizeObserver(() => { chart.resize(); flag(spec, chart, host); });
    observer.observe(host);
    drawn.set(element, { source, theme: document.documentElement.dataset.theme, chart, host, observer });
  };

  const drop = (element) => {
    const known = drawn.get(element);
    if (!known) return;
    known.observer.disconnect();
    known.chart.dispose();
    drawn.delete(element);
  };

  const refresh = () => {
    for (const element of drawn.keys()) if (!element.isConnected) drop(element);
    if (!window.echarts) return;
    for (const element of document.querySelectorAll("[data-chart]")) draw(element);
  };
  const redraw = () => {
    for (const element of [...drawn.keys()]) drop(element);
    refresh();
  };

  document.addEventListener("DOMContentLoaded", refresh);
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(refresh));
  document.addEventListener("outlay:theme", redraw);
})();
