import CoreLoad
import Testing

@Suite("A table of a load") struct CSVReaderTests {
  @Test(
    "has its time in whichever way, and its delimiter",
    arguments: [
      "time,level\n0,1\n15,2\n", "Timestamp;cpu\r\n1700000000;1\r\n1700000015;2\r\n",
      "level\tTime\n1\t1700000000000\n2\t1700000015000\n",
      "date,x\n1700000000000000,1\n1700000015000000,2\n", "ts,x\n1700000000000000000,1\n1700000015000000000,2\n",
      "Time,x\n2026-01-31 12:00:00,1\n2026-01-31 12:00:15,2\n", "Time,x\n2026-01-31T12:00:00Z,1\n2026-01-31T13:00:15+01:00,2",
      "Time,x\n2026-01-31 12:00:00.000,1\n2026-01-31 12:00:15.250,2\n", "Time,x\n2026/01/31 12:00,1\n2026/01/31 12:00:15,2\n",
      "sep=;\n\"Time\";\"x\"\n0;1\n15;2\n", "\u{FEFF}\"Time\",\"x, y\"\n0,\"1\"\n15,\"2\"\n", "hour,x\n0,1\n15,2\n\n",
      "time,pod,x,\n0,web-1,1,\n15,web-1,2,\n", "Time,x\n2026-01-31 12:00:00 +0100,1\n2026-01-31 11:00:15 UTC,2\n",
    ])
  func forms(text: String) throws { #expect(try load(text, format: .csv).lines == "0:1 15:2") }

  @Test("may begin with more missing samples than are looked at for what a column holds")
  func late() throws {
    let text = "t,x\n" + (0..<150).map { "\($0),\n" }.joined() + "150,7\n"
    #expect(try load(text).level(150) == 7)
  }

  @Test("has missing samples: empty cells, NaN, undefined, null, N/A and infinities")
  func missing() throws {
    let text = "t,x\n0,\n15,1\n30,\n45,NaN\n60,2\n75,undefined\n90,null\n105,N/A\n120,3\n135,+Inf\n150,-\n165,4\n"
    #expect(try load(text).lines == "0:- 15:1 30:- 45:- 60:2 75:- 90:- 105:- 120:3 135:- 150:- 165:4")
  }

  @Test(
    "has numbers with the units that Grafana and Kubernetes write",
    arguments: [
      ("1.5 K", 1500), ("12%", 12), ("1.21 GiB", 1_299_227_607.04), ("350 ms", 0.35), ("1.2 s", 1.2), ("2.5 Mil", 2_500_000),
      ("3.40K req/s", 3400), ("12.5 req/s", 12.5), ("1.5 MB/s", 1_500_000), ("250m", 0.25), ("64Mi", 67_108_864), ("2 min", 120),
      ("-3", -3), ("1e3", 1000), ("7 µs", 0.000007), ("5 kB", 5000), ("\"1.5 K\"", 1500), (" 4 ", 4), ("1.5 hour", 5400),
    ] as [(String, Double)])
  func units(cell: String, value: Double) throws {
    #expect(try load("t,x\n0,\(cell)\n", selection { $0.name = "x" }).level(0) == value)
  }

  @Test(
    "for CPU or memory has no numbers of something else",
    arguments: [
      ("cpu", "10%", false), ("cpu", "10 MiB", false), ("cpu", "10 ms", false), ("cpu", "2 min", false),
      ("cpu", "3 req/s", false),
      ("cpu", "64Mi", false), ("cpu", "1.5 MB/s", false), ("cpu", "250m", true), ("cpu", "1.5 K", true), ("cpu", "3 cores", true),
      ("cpu", "2", true), ("memory", "10%", false), ("memory", "3 cores", false), ("memory", "10 ms", false),
      ("memory", "5 MB/s", false), ("memory", "1.2 GiB", true), ("memory", "2 Mil", true), ("memory", "97092000m", true),
      ("latency", "10 ms", true), ("latency", "10%", true),
    ])
  func misfits(metric: String, cell: String, isFit: Bool) {
    let text = "t,x\n0,1\n15,\(cell)\n"
    let answer = complaint(text, selection { $0.metric = metric })
    #expect(answer.hasPrefix("read: ") == isFit, "\(answer)")
    if !isFit { #expect(answer.hasPrefix("line 3: \"\(cell)\" is ") && answer.hasSuffix(" (column x)"), "\(answer)") }
  }

  @Test("of a counter, as its column's name says, is no CPU without a rate")
  func counters() throws {
    let text = "Time,\"container_cpu_usage_seconds_total{pod=\"\"web-1\"\"}\"\n0,10\n10,40\n20,70\n"
    #expect(
      complaint(text, selection { $0.metric = "cpu" }).hasPrefix("container_cpu_usage_seconds_total is a counter: its growth"))
    #expect(try load(text, selection { ($0.metric, $0.isRate) = ("cpu", true) }).lines == "0:3 10:3")
  }

  @Test("of counters of seconds, or with a factor for a percent, may have these units; one with a unit for all has no other")
  func factors() throws {
    let seconds = selection { ($0.metric, $0.isRate) = ("cpu", true) }
    #expect(try load("t,x\n0,10 s\n10,1 min\n20,2 min\n", seconds).lines == "0:5 10:6")
    #expect(try load("t,x\n0,10%\n", selection { ($0.metric, $0.factor) = ("cpu", 0.04) }).lines == "0:0.4")
    let unit = selection { ($0.metric, $0.hasUnit) = ("memory", true) }
    #expect(
      complaint("t,x\n0,10 Mi\n", unit) == "line 2: \"10 Mi\" has a unit of its own, beside that of the whole file (column x)")
  }

  @Test("of Grafana, with a column for each series, is read by column, or joined")
  func grafana() throws {
    let text = """
      "Time","web-1","web-2"
      1700000000000,0.5,
      1700000015000,0.6,0.25
      1700000030000,,0.5

      """
    #expect(complaint(text) == "which column? There are web-1, web-2")
    #expect(try load(text, selection { $0.name = "web-2" }).lines == "0:- 15:0.25 30:0.5")
    #expect(try load(text, selection { $0.name = "*" }).lines == "0:0.5 15:0.85 30:0.5")
    #expect(try load(text, selection { ($0.name, $0.join) = ("*", .mean) }).lines == "0:0.5 15:0.425 30:0.5")
  }

  @Test("of Grafana with several frames has a table behind each empty line")
  func frames() throws {
    let text = "\"Time\",\"web-1\"\r\n0,1\r\n15,1\r\n\r\n\"Time\",\"web-2\"\r\n15,4\r\n30,4\r\n\r\n"
    let reading = try load(text)
    #expect(reading.lines == "0:1 15:5 30:5" && reading.seriesCount == 2)
  }

  @Test("with a column of pods is the sum of the pods, by time or by pod")
  func pods() throws {
    let byTime = "time,pod,cpu\n0,a,1\n15,a,1\n15,b,2\n30,a,1\n30,b,2\n400,b,3\n"
    #expect(try load(byTime).lines == "0:1 15:3 30:3 330:- 400:3")
    let byPod = "time,pod,cpu\n0,a,1\n15,a,1\n30,a,1\n15,b,2\n30,b,2\n400,b,3\n"
    #expect(try load(byPod).lines == "0:1 15:3 30:3 330:- 400:3")
    #expect(try load(byTime, selection { $0.labels = [("pod", "a")] }).lines == "0:1 15:1 30:1")
    #expect(complaint(byTime, selection { $0.labels = [("pod", "z")] }) == "no line has the labels that are asked for")
    #expect(complaint(byTime, selection { $0.labels = [("node", "z")] }) == "no column \"node\" among time, pod, cpu")
  }

  @Test("of points far apart holds each until the next, and one of counters has rates")
  func points() throws {
    #expect(try load("t,x\n0,10\n10,20\n7200,5\n").lines == "0:10 10:20 7200:5")
    #expect(try load("t,x\n0,10\n10,20\n20,5\n", selection { $0.isRate = true }).lines == "0:1 10:0.5")
  }

  @Test("of locust 2.47 is its line of all requests; N/A is missing")
  func locust() throws {
    let bytes = try recording("locust-history.csv")
    #expect(
      complaint(String(decoding: bytes, as: UTF8.self)).hasPrefix(
        "which column? There are User Count, Requests/s, Failures/s, 50%"))
    let users = try load(bytes, selection { $0.name = "User Count" })
    #expect(users.lines.hasPrefix("0:0 1:2 2:2") && users.level(10) == 5 && users.level(15) == 0 && users.level(26) == 3)
    let rate = try load(bytes, selection { ($0.name, $0.isRate) = ("Total Request Count", true) })
    #expect(rate.level(5) == 20 && rate.level(10) == 50 && rate.level(18) == 0, "Requests/s would tell 35.9 here")
    let median = try load(bytes, selection { $0.name = "50%" })
    #expect(median.level(0) == nil && median.level(1) == 12)
  }

  @Test("of locust with its full history is chosen from by name")
  func locustFull() throws {
    let bytes = try recording("locust-full-history.csv")
    let all = selection { ($0.name, $0.isRate) = ("Total Request Count", true) }
    let one = selection { ($0.name, $0.isRate, $0.labels) = ("Total Request Count", true, [("Name", "/pay,\"now\"")]) }
    let (total, pay) = (try load(bytes, all), try load(bytes, one))
    #expect(total.seriesCount == 1 && pay.seriesCount == 1 && pay.level(10)! > 0 && pay.level(10)! < total.level(10)!)
  }

  @Test("of k6 counts requests in each second, holds gauges, and has the mean of trends")
  func k6() throws {
    let bytes = try recording("k6.csv")
    #expect(
      complaint(String(decoding: bytes, as: UTF8.self)) == "which metric? There are vus, http_reqs, http_req_duration, iterations"
    )
    #expect(
      complaint(String(decoding: bytes, as: UTF8.self), selection { $0.name = "zzz" }).hasPrefix(
        "no metric \"zzz\"; there are vus, http_reqs"))
    #expect(
      try load(bytes, selection { $0.name = "http_reqs" }).lines == "0:2 1:1 2:0 5:1", "a sample that comes a second late counts")
    #expect(try load(bytes, selection { $0.name = "vus" }).lines == "0:2 1:2 5:1")
    #expect(try load(bytes, selection { $0.name = "http_req_duration" }).lines == "0:20.5 1:20 5:12")
    let failed = selection { ($0.name, $0.labels) = ("http_reqs", [("status", "500")]) }
    #expect(try load(bytes, failed).lines == "0:1")
  }

  @Test(
    "in which something is wrong is answered with the line",
    arguments: [
      ("t,x\n0,1\n15,fast\n", "line 3: \"fast\" is no number (column x)"),
      ("t,x\n0,1\n15,1\n0,1\n", "line 4: time runs backwards, by 15 s"), ("", "the file is empty"),
      ("t,x\n", "there is no sample"), ("t,x\n0,\n15,N/A\n", "no sample is a number: all 2 are missing"),
      ("t,pod\n0,a\n", "line 2: no column of numbers among t, pod: \"a\" (column pod) is none"),
      ("t,x\n0,\"1,234.5\"\n15,2\n", "line 2: no column of numbers among t, x: \"1,234.5\" (column x) is none"),
      ("t,x,y\n0,,-\n", "no column of numbers among t, x, y, only missing samples"),
      ("t,x\nsoon,1\n", "line 2: \"soon\" is no time (column t)"),
      ("t,x\n1700000000,1\n1700000015000,1\n", "line 3: the time is in milliseconds, those before in seconds"),
      ("t,x\n2026-01-31 12:00:00,1\n1700000015,1\n", "line 3: the time is in seconds, those before a date"),
      ("t,x\n2026-02-30 12:00:00,1\n", "line 2: \"2026-02-30 12:00:00\" is no time (column t)"),
      ("0,1\n15,2\n", "line 1: the first line has to name the columns"),
      ("time\n0\n", "line 1: one column: a time and a number are wanted, with comma, semicolon or tab between them"),
      ("t,x\n0,1,2\n", "line 2: 3 cells under 2 names of columns"), ("t,x\n0,1\n\"15,1\n", "line 3: a quote is not closed"),
      ("t,x\n0,\"1\n\n\",3\n0,z\n", "line 2: 3 cells under 2 names of columns"),
      ("t,\"x\ny\"\n0,1\n\n1,z\n", "line 5: \"z\" is no number (column x\ny)"),
    ])
  func wrong(text: String, message: String) { #expect(complaint(text, format: .csv) == message) }

  @Test("of Grafana for Excel is UTF-16 and has tabs")
  func wide() throws {
    let text = "Time\tx 𝛼\r\n0\t1\r\n15\t2\r\n"
    let little: [UInt8] = [0xFF, 0xFE] + text.utf16.map { [UInt8($0 & 255), UInt8($0 >> 8)] }.joined()
    let big: [UInt8] = [0xFE, 0xFF] + text.utf16.map { [UInt8($0 >> 8), UInt8($0 & 255)] }.joined()
    for bytes in [little, big] {
      for pieces in [1, 2, 3, 5, 100] {
        #expect(try load(bytes, selection { $0.name = "x 𝛼" }, pieces: pieces).lines == "0:1 15:2")
      }
    }
  }

  @Test("divided by semicolons or tabs may have decimals behind a comma")
  func commas() throws {
    #expect(try load("Zeit;x\n0;0,5\n15;1.25\n30;1,5 K\n").lines == "0:0.5 15:1.25 30:1500")
    #expect(complaint("t;x\n0;1\n15;1,234,567\n") == "line 3: \"1,234,567\" is no number (column x)")
    #expect(complaint("t,x\n0,1\n15,\"1,234\"\n") == "line 3: \"1,234\" is no number (column x)")
  }

  @Test("of which no column fits lists those that there are")
  func columns() {
    #expect(complaint("t,a,pod,b\n0,1,x,2\n", selection { $0.name = "c" }) == "no column \"c\"; there are a, b")
    #expect(complaint("t,a\n0,1\n", selection { $0.labels = [("pod", "x")] }) == "no column \"pod\" among t, a")
  }
}
