import Testing

/// What every file of Sources must keep to.
struct SourceRule: Sendable, CustomTestStringConvertible {
  let name: String
  /// A file that breaks the rule, to prove that the rule is watched.
  let planted: SourceText
  /// What is wrong with a file; nothing where it is as it should be.
  let violations: @Sendable (SourceText) -> [String]

  var testDescription: String { name }

  init(_ name: String, planted: (path: String, text: String), violations: @escaping @Sendable (SourceText) -> [String]) {
    self.name = name
    self.planted = SourceText(path: planted.path, text: planted.text)
    self.violations = violations
  }

  static let all: [SourceRule] =
    [
      SourceRule(
        "the core imports nothing but the core and the schema's language",
        planted: ("Sources/CoreNode/A.swift", "import CoreObjects\npackage import struct Foundation.Date\n")
      ) { file in
        file.isCore ? file.imports.filter { !$0.hasPrefix("Core") && $0 != "SchemaLanguage" }.map { "imports \($0)" } : []
      },
      SourceRule(
        "Foundation is not linked into the program", planted: ("Sources/Daemon/A.swift", "import FoundationEssentials\n")
      ) { file in
        // The schema's compiler runs while the program is built.
        let isLinked = file.target != "SchemaCompiler" && file.imports.contains { $0.hasPrefix("Foundation") }
        return isLinked ? ["imports Foundation"] : []
      },
      SourceRule(
        "a file has 400 lines at the most", planted: ("Sources/Daemon/A.swift", String(repeating: "\n", count: 401))
      ) { $0.lineCount > 400 ? ["has \($0.lineCount) lines"] : [] },
      SourceRule("open ends are not left in the text", planted: ("Sources/Daemon/A.swift", "// TODO: later\n")) { file in
        ["TODO", "FIXME"].filter(file.text.contains).map { "says \($0)" }
      },
      SourceRule(
        "only the writer writes to the store", planted: ("Sources/CoreEngine/A.swift", "let change = store.put(key, tree)\n")
      ) { file in
        let calls = ["store.put(", "store.remove("].map { file.code.ranges(of: $0).count }
        let allowed = file.path == "Sources/CoreAPI/Writing/Writer.swift" ? 1 : 0
        return file.isCore && calls.contains { $0 > allowed } ? ["changes the store"] : []
      },
      SourceRule("the core declares no actor", planted: ("Sources/CoreAPI/A.swift", "package actor Queue {}\n")) { file in
        let words = file.code.split { $0 == " " || $0 == "\n" }
        let isDeclared = zip(words, words.dropFirst()).contains { $0 == "actor" && $1.first?.isUppercase == true }
        return file.isCore && isDeclared ? ["declares an actor"] : []
      },
      SourceRule(
        "only EdgeLinux makes system calls",
        planted: ("Sources/Daemon/A.swift", "import Glibc\nlet time = f.open(1) + clock_gettime(CLOCK_MONOTONIC, &t)\n"),
        violations: SystemCalls.violations),
      SourceRule("no file is a grab bag", planted: ("Sources/Daemon/StringHelpers.swift", "")) { file in
        let name = file.path.split(separator: "/").last ?? ""
        return ["Helper", "Utility", "Utilities", "Utils", "Manager"].filter { name.contains($0) }.map { "is a \($0)" }
      },
    ] + core

  private static let core = [
    banned("a clock", ["Date", "ContinuousClock", "SuspendingClock", "clock_gettime"], in: "f(\"at \\(Date())\")"),
    banned("sleep and tasks", ["Task"], in: "try await Task.sleep(for: .seconds(1))"),
    banned(
      "chance", ["random", "randomElement", "shuffled", "shuffle", "SystemRandomNumberGenerator", "UUID"],
      in: "let n = Int.random(in: 0..<3)", called: true),
    banned("a trap on an error", ["try!"], in: "let x = try! f()"),
    banned("concurrency", ["async", "await"], in: "func f() async {}"),
    banned("locks", ["Mutex", "Atomic", "NSLock", "DispatchQueue", "pthread_mutex_lock"], in: "let lock = Mutex(0)"),
    banned("output", ["print", "debugPrint", "dump", "fputs"], in: "  print(\"here\")", called: true),
  ]

  /// - Parameter called: the words are names that are fine unless they are called.
  private static func banned(_ what: String, _ words: [String], in planted: String, called: Bool = false) -> SourceRule {
    SourceRule("the core does without \(what)", planted: ("Sources/CoreAPI/A.swift", planted + "\n")) { file in
      file.isCore ? words.filter { file.uses($0, called: called) }.map { "uses \($0)" } : []
    }
  }
}
