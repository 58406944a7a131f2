/// The page's script: a cursor through all charts, with what they show at that time. All else is there without it.
enum ReportScript {
  static let cursor = #"""
    (() => {
      "use strict";
      const charts = [...document.querySelectorAll("svg.chart")];
      const panels = [...document.querySelectorAll(".panel")];
      const seconds = +document.body.dataset.seconds;
      if (!charts.length) return;
      document.documentElement.classList.add("scripted");
      const cursors = charts.map(chart => {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        line.setAttribute("class", "cursor");
        line.setAttribute("y2", chart.getAttribute("height"));
        line.setAttribute("visibility", "hidden");
        return chart.appendChild(line);
      });
      const points = new Map();
      const steps = path => {
        if (points.has(path)) return points.get(path);
        const found = [];
        let x = 0, y = 0;
        for (const [, letter, first, second] of path.getAttribute("d").matchAll(/([MhvVHZ])(-?\d+)?(?: (-?\d+))?/g)) {
          if (letter === "M") {
            if (found.length) found.push([x, NaN]);
            x = +first; y = +second;
            found.push([x, y]);
          } else if (letter === "h") x += +first;
          else if (letter === "v") {
            y += +first;
            if (found[found.length - 1][0] === x) found[found.length - 1][1] = y; else found.push([x, y]);
          }
        }
        if (x < 2000) found.push([x, NaN]);
        points.set(path, found);
        return found;
      };
      const value = (path, share) => {
        const found = steps(path), x = share * 2000;
        let low = 0, high = found.length;
        while (low < high) { const middle = (low + high) >> 1; if (found[middle][0] <= x) low = middle + 1; else high = middle; }
        if (!low) return NaN;
        const chart = path.closest("svg.chart"), top = +chart.dataset.top, bottom = +chart.dataset.bottom;
        return top - found[low - 1][1] / 1000 * (top - bottom);
      };
      const rounded = number => String(+number.toPrecision(3));
      const text = (number, unit) => {
        if (unit === "pods") return String(Math.round(number));
        if (unit === "percent") return (Math.abs(number) < 10 ? rounded(number) : Math.round(number)) + "%";
        if (unit !== "bytes") return rounded(number);
        const suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
        let power = 0;
        while (Math.abs(number) >= 1024 && power < 5) { number /= 1024; power++; }
        return rounded(number) + suffixes[power];
      };
      const elapsed = second => {
        const whole = Math.round(second), two = number => String(number).padStart(2, "0");
        const days = Math.floor(whole / 86400), hours = Math.floor(whole / 3600) % 24;
        const rest = two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
        if (days) return days + "d " + two(hours) + ":" + rest;
        return hours ? hours + ":" + rest : rest.replace(/^0/, "");
      };
      const readings = panel => [...panel.querySelectorAll("svg.chart")].flatMap(chart => {
        const unit = chart.dataset.unit;
        const alone = [...chart.querySelectorAll("path[data-name]")].reverse().map(path => [path.dataset.name, path]);
        const many = [...chart.querySelectorAll("path[data-many]")];
        return [share => alone.flatMap(([name, path]) => {
          const number = value(path, share);
          return Number.isNaN(number) ? [] : [name + " " + text(number, unit)];
        }), share => {
          const numbers = many.map(path => value(path, share)).filter(number => !Number.isNaN(number));
          if (!numbers.length) return [];
          const least = text(Math.min(...numbers), unit), most = text(Math.max(...numbers), unit);
          return [(numbers.length === 1 ? "1 pod: " : numbers.length + " pods: ") + (least === most ? least : least + " to " + most)];
        }, share => [...chart.querySelectorAll("path[data-lane]")].flatMap(path => {
          const x = share * 2000;
          for (const [, from, to] of path.getAttribute("d").matchAll(/M(\d+) 0H(\d+)/g)) {
            if (+from <= x && x < +to) return ["held: " + path.dataset.lane];
          }
          return [];
        })];
      });
      const read = panels.map(readings);
      let next = null, waits = false;
      const draw = () => {
        waits = false;
        for (const line of cursors) {
          line.setAttribute("visibility", next === null ? "hidden" : "visible");
          if (next !== null) for (const end of ["x1", "x2"]) line.setAttribute(end, next * 100 + "%");
        }
        panels.forEach((panel, index) => {
          const box = panel.getBoundingClientRect();
          if (box.bottom < 0 || box.top > innerHeight) return;
          panel.querySelector(".reading").textContent = next === null ? "" :
            [elapsed(next * seconds), ...read[index].flatMap(reading => reading(next))].join(" · ");
        });
      };
      const move = share => { next = share; if (!waits) { waits = true; requestAnimationFrame(draw); } };
      document.addEventListener("pointermove", event => {
        const chart = event.target.closest ? event.target.closest("svg.chart") : null;
        if (!chart) { if (next !== null && event.pointerType === "mouse") move(null); return; }
        const field = chart.querySelector("svg.field").getBoundingClientRect();
        const box = chart.getBoundingClientRect(), style = getComputedStyle(chart);
        const left = box.left + parseFloat(style.paddingLeft);
        const width = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (field.width > 0) move(Math.max(0, Math.min(1, (event.clientX - left) / width)));
      });
      document.addEventListener("scroll", () => { if (next !== null) move(next); }, { passive: true });
    })();

    """#
}
