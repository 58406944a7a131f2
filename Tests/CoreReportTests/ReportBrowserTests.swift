import CoreReport
import Foundation
import TestMachine
import Testing

/// Debian's chromium, or its part without windows. nil where there is none.
private let chromium = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// A report as a browser shows it. Its pictures are left in .build/report, to be looked at.
@Suite(
  "A report in a browser", .serialized, .timeLimit(.minutes(3)), .enabled(if: chromium != nil, "needs Debian's chromium"))
struct ReportBrowserTests {
  private static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/.build/report"

  struct View: Sendable, CustomTestStringConvertible {
    var runs: Int
    var width: Int
    var isDark: Bool
    var testDescription: String { "runs-\(runs)-\(width)-\(isDark ? "dark" : "light")" }
  }
  private static let views = [1, 4].flatMap { runs in
    [400, 1280].flatMap { width in [false, true].map { View(runs: runs, width: width, isDark: $0) } }
  }
  private static let settings = [SampleRun.today, SampleRun.calmer, SampleRun.eager, SampleRun.small]

  @Test("shows its charts, nothing of them over another or cut off, and asks for nothing else", arguments: views)
  func shown(view: View) async throws {
    let page = ReportPage(SampleRun.rehearsed(Array(ReportBrowserTests.settings.prefix(view.runs)))).html
    let found = try await look(at: page, view)
    #expect(found["width"] as? Int == view.width)
    #expect(found["isDark"] as? Bool == view.isDark)
    // Replicas, value, asked for, pods, load, not served, three nodes: of each run.
    #expect(found["charts"] as? Int == view.runs * 9)
    #expect(found["problems"] as? [String] == [])
    let readings = found["readings"] as? [String] ?? []
    #expect(readings.count == view.runs * 5)
    #expect(readings.first?.hasPrefix("1:30:00 · desired 10 · pods 10 · ready 10") == true, "\(readings)")
  }

  @Test("is read without scripts, with the same charts") func scriptless() async throws {
    let page = ReportPage(SampleRun.rehearsed(ReportBrowserTests.settings)).html
    let parts = page.components(separatedBy: "<script>")
    #expect(parts.count == 2)
    let found = try await look(at: parts[0] + "</body></html>", View(runs: 4, width: 1024, isDark: false))
    #expect(found["charts"] as? Int == 36)
    #expect(found["problems"] as? [String] == [])
    #expect(found["readings"] as? [String] == Array(repeating: "", count: 20))
  }

  @Test("finds what sticks out, what overlaps, what is asked for and what leads nowhere") func watched() async throws {
    let page = ReportPage(SampleRun.rehearsed()).html.replacing(
      "</header>",
      with: """
        <svg class="chart" height="20"><text x="50%" y="15">one</text><text x="50%" y="15">two</text></svg>
        <svg class="chart" height="20"><text x="50%" y="50">out</text></svg>
        <div style="width: 9000px">wide</div><a href="#nowhere">x</a></header>
        """)
    let problems = try await look(at: page, View(runs: 0, width: 800, isDark: false))["problems"] as? [String] ?? []
    for word in ["\"one\" over \"two\"", "text sticks out: out", "the page is wider", "#nowhere leads nowhere"] {
      #expect(problems.contains { $0.contains(word) }, "\(word): \(problems)")
    }
  }

  /// Takes the page's picture, then asks a script what is there.
  private func look(at page: String, _ view: View) async throws -> [String: Any] {
    try FileManager.default.createDirectory(atPath: ReportBrowserTests.folder, withIntermediateDirectories: true)
    let path = ReportBrowserTests.folder + "/" + view.testDescription
    try page.write(toFile: path + ".html", atomically: true, encoding: .utf8)
    let probed = path + "-probed.html"
    try page.replacing("</body>", with: "<script>\(ReportBrowserTests.probe)</script></body>")
      .write(toFile: probed, atomically: true, encoding: .utf8)
    let arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=\(path)-profile",
      "--blink-settings=preferredColorScheme=\(view.isDark ? 0 : 1)", "--virtual-time-budget=2000",
    ]
    let height = view.width < 640 ? 4000 : 3000
    let picture = try await Program.run(
      chromium!, arguments + ["--window-size=\(view.width),\(height)", "--screenshot=\(path).png", "file://\(path).html"])
    #expect(picture.status == 0, "\(picture.errors)")
    let size = try FileManager.default.attributesOfItem(atPath: path + ".png")[.size] as? Int ?? 0
    #expect(size > 20000)
    let dump = try await Program.run(
      chromium!, arguments + ["--window-size=\(view.width),\(height)", "--dump-dom", "file://\(probed)"])
    let marks = ["<pre id=\"probe\">", "</pre>"]
    let answer = dump.output.components(separatedBy: marks[0]).last!.components(separatedBy: marks[1])[0]
    let data = try #require(Data(base64Encoded: answer), "\(dump.errors)")
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// What a browser makes of the page, in a `pre` at its end.
  private static let probe = #"""
    // Without a window there are no frames, and a mouse that lies at 0, 0.
    window.requestAnimationFrame = draw => setTimeout(draw, 0);
    addEventListener("pointermove", event => { if (event.isTrusted) event.stopImmediatePropagation(); }, true);
    addEventListener("load", () => {
      const problems = [], charts = [...document.querySelectorAll("svg.chart")];
      const visible = box => box.width > 0 || box.height > 0;
      const name = chart => chart.getAttribute("aria-label") || "chart";
      for (const chart of charts) {
        const field = chart.getBoundingClientRect();
        if (field.width < 200 || field.height < 15) problems.push(name(chart) + " is " + field.width + " by " + field.height);
        for (const part of chart.querySelectorAll("text, path, line, circle")) {
          const box = part.getBoundingClientRect();
          if (!visible(box)) continue;
          const out = Math.max(field.left - box.left, box.right - field.right, field.top - box.top, box.bottom - field.bottom);
          if (out > 0.5) problems.push(name(chart) + ": " + part.tagName + " sticks out: " + (part.textContent || part.getAttribute("class")) + " by " + out);
        }
        const texts = [...chart.querySelectorAll("text")].map(text => ({ text, box: text.getBBox() })).filter(one => visible(one.box));
        texts.forEach((one, index) => {
          for (const other of texts.slice(index + 1)) {
            const across = Math.min(one.box.x + one.box.width, other.box.x + other.box.width) - Math.max(one.box.x, other.box.x);
            const down = Math.min(one.box.y + one.box.height, other.box.y + other.box.height) - Math.max(one.box.y, other.box.y);
            if (across > 0 && down > 0) problems.push(name(chart) + ": \"" + one.text.textContent + "\" over \"" + other.text.textContent + "\"");
          }
        });
      }
      if (document.documentElement.scrollWidth > innerWidth) problems.push("the page is wider: " + document.documentElement.scrollWidth);
      for (const part of document.querySelectorAll("p, li, th, td, dt, dd, pre, h1, h2, h3, li > span, time, b")) {
        if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0) problems.push("cut off: " + part.textContent.slice(0, 60));
        const box = part.getBoundingClientRect();
        if (box.right > innerWidth + 0.5) problems.push("beyond the page: " + part.textContent.slice(0, 60));
      }
      const ids = new Set();
      for (const part of document.querySelectorAll("[id]")) {
        if (ids.has(part.id)) problems.push("twice: " + part.id);
        ids.add(part.id);
      }
      for (const link of document.querySelectorAll("a")) {
        const place = link.getAttribute("href");
        if (!place.startsWith("#") || !ids.has(place.slice(1))) problems.push(place + " leads nowhere");
      }
      for (const entry of performance.getEntriesByType("resource")) problems.push("asks for " + entry.name);
      const first = document.querySelector(".panel svg.chart"), field = first.getBoundingClientRect();
      const style = getComputedStyle(first), left = field.left + parseFloat(style.paddingLeft);
      const width = field.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      first.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: left + width / 2, clientY: field.top + 20 }));
      setTimeout(() => {
        const result = {
          problems, charts: charts.length, width: innerWidth, isDark: matchMedia("(prefers-color-scheme: dark)").matches,
          readings: [...document.querySelectorAll(".reading")].map(reading => reading.textContent),
        };
        const shown = document.createElement("pre");
        shown.id = "probe";
        shown.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(result))));
        document.body.append(shown);
      }, 200);
    });
    """#
}
