// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in Swift 6 mode with warnings as errors and the features that keep module borders honest.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The core: pure, synchronous, deterministic. Core imports only Core (a test enforces it).
func core(_ name: String, _ dependencies: [Target.Dependency] = [], schema: Bool = false) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: [.linkedLibrary("m")],
    plugins: schema ? ["SchemaPlugin"] : [])
}

/// Debian's libraries. In release they are part of the program: loading them costs each start more than all else that it does, and
/// one file runs on every machine with a glibc. `parts` are what the library itself is linked with.
func library(_ name: String, parts: [String] = []) -> [LinkerSetting] {
  [.linkedLibrary(name, .when(configuration: .debug))]
    + ([name] + parts).map { .linkedLibrary(":lib\($0).a", .when(configuration: .release)) }
}

/// An edge or a host: touches the world.
func edge(
  _ name: String, _ dependencies: [Target.Dependency] = [], libraries: [LinkerSetting] = [], more: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings + more, linkerSettings: libraries)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let openSSL = library("ssl") + library("crypto")

let coreTargets: [Target.Dependency] = ["CoreObjects", "CoreAPI", "CoreControllers", "CoreNode", "CoreEngine"]

let package = Package(
  name: "wavetank",
  products: [.executable(name: "wavetank", targets: ["wavetank"])],
  targets: [
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CNGHTTP2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLDNS", providers: [.apt(["libldns-dev"])]),
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    .target(
      name: "CLinux", cSettings: [.unsafeFlags(["-I/usr/include/libnl3"])],
      linkerSettings: library("nl-route-3") + library("nl-3")),
    .target(name: "CLLHTTP"),

    .target(name: "SchemaLanguage", swiftSettings: settings),
    .executableTarget(name: "SchemaCompiler", dependencies: ["SchemaLanguage"], swiftSettings: settings),
    .plugin(name: "SchemaPlugin", capability: .buildTool(), dependencies: ["SchemaCompiler"]),

    core("CoreObjects", schema: true),
    core("CoreAPI", ["CoreObjects", "CoreCEL", "SchemaLanguage"], schema: true),
    core("CoreControllers", ["CoreObjects"]),
    core("CoreNode", ["CoreObjects"]),
    core("CoreEngine", ["CoreObjects", "CoreAPI", "CoreControllers", "CoreNode"]),
    core("CoreCEL", ["CoreObjects"]),
    core("CoreLoad", ["CoreObjects"]),
    core("CoreReport", ["CoreObjects"]),

    edge(
      "EdgeHTTP", ["COpenSSL", "CNGHTTP2", "CLLHTTP", "CZlib", "CLinux", "EdgeLinux"],
      libraries: openSSL + library("nghttp2") + library("z")),
    edge("EdgeJournal", ["CSQLite", "CoreObjects", "EdgeLinux"], libraries: library("sqlite3")),
    edge(
      "EdgeImages", ["CArchive", "COpenSSL", "CoreObjects", "CoreNode", "EdgeLinux", "EdgeHTTP"],
      libraries: library("archive", parts: ["bz2", "lzma", "zstd", "z"]) + openSSL),
    edge("EdgeLinux", ["CLinux"]),
    edge("EdgeDNS", ["CLDNS", "CLinux", "CoreNode", "EdgeLinux"], libraries: library("ldns") + openSSL),
    edge("EdgeRuntime", ["CoreObjects", "CoreNode", "EdgeImages", "EdgeLinux", "CZlib"]),
    edge(
      "EdgeAgent", ["CoreObjects", "CoreNode", "EdgeLinux", "EdgeHTTP", "EdgeRuntime", "EdgeImages"]),
    edge(
      "EdgeClient", ["CoreObjects", "CYAML", "COpenSSL", "EdgeHTTP", "EdgeLinux"], libraries: library("yaml") + openSSL),
    edge(
      "Daemon",
      coreTargets + [
        "EdgeHTTP", "EdgeJournal", "EdgeImages", "EdgeLinux", "EdgeRuntime", "EdgeAgent", "EdgeClient", "EdgeDNS", "COpenSSL",
      ]),
    edge("Simulation", coreTargets),
    // Async functions stay on their caller's thread: a simulation is the main thread's, whose heap grows in larger steps.
    edge(
      "Rehearsal", coreTargets + ["CoreLoad", "CoreReport", "Simulation", "EdgeClient", "EdgeHTTP", "EdgeLinux"],
      more: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
    .executableTarget(
      name: "wavetank",
      dependencies: coreTargets + [
        "CoreLoad", "CoreReport", "Daemon", "Simulation", "Rehearsal", "EdgeClient", "EdgeImages", "EdgeHTTP", "EdgeJournal",
        "EdgeLinux", "EdgeRuntime", "EdgeAgent", "CLinux", "CZlib",
        // The linker reads archives from the last target's on, and libldns is made of what OpenSSL's have.
        "EdgeDNS",
      ],
      swiftSettings: settings),

    .target(name: "TestMachine", dependencies: ["EdgeLinux"], path: "Tests/TestMachine", swiftSettings: settings),
    .target(name: "Storms", dependencies: coreTargets + ["Simulation"], path: "Tests/Storms", swiftSettings: settings),
    .executableTarget(
      name: "wavetank-bench",
      dependencies: coreTargets + [
        "CoreLoad", "CoreReport", "Simulation", "Rehearsal", "EdgeClient", "COpenSSL", "CLinux", "EdgeLinux", "EdgeRuntime",
        "EdgeDNS",
        "CLDNS",
      ],
      path: "Benchmarks", swiftSettings: settings),

    tests("CoreJSONTests", ["CoreObjects"]),
    tests("CoreTypesTests", ["CoreObjects"]),
    tests("CoreSchemaTests", ["CoreAPI", "SchemaLanguage", "CoreObjects"]),
    tests("CoreStoreTests", ["CoreObjects"]),
    tests("CoreMetricsTests", ["CoreObjects"]),
    tests("CoreAPITests", ["CoreAPI", "CoreObjects"]),
    tests(
      "CoreControllersTests", ["CoreControllers", "CoreObjects"]),
    tests("CoreNodeTests", ["CoreNode", "CoreObjects"]),
    tests("CoreEngineTests", coreTargets + ["EdgeClient"]),
    tests("CoreCELTests", ["CoreCEL", "CoreObjects"]),
    tests("CoreLoadTests", ["CoreLoad", "CoreObjects"]),
    tests("CoreReportTests", ["CoreReport", "CoreObjects", "TestMachine"]),
    tests("EdgeHTTPTests", ["EdgeHTTP", "EdgeLinux", "CZlib", "CLinux", "TestMachine"]),
    tests("EdgeJournalTests", ["EdgeJournal", "CoreObjects", "EdgeLinux", "CSQLite", "TestMachine"]),
    tests("EdgeImagesTests", ["EdgeImages", "EdgeLinux", "CLinux", "CArchive", "CoreObjects", "CoreNode", "TestMachine"]),
    tests(
      "EdgeRuntimeTests",
      [
        "EdgeLinux", "EdgeRuntime", "EdgeAgent", "EdgeImages", "CoreNode", "CoreObjects", "CLinux", "TestMachine",
      ]),
    tests(
      "DaemonTests",
      coreTargets + [
        "Daemon", "Rehearsal", "EdgeImages", "EdgeHTTP", "EdgeJournal", "EdgeLinux", "EdgeClient", "EdgeAgent", "EdgeRuntime",
        "CSQLite", "TestMachine",
        "wavetank",
      ]),
    tests("SimulationTests", coreTargets + ["Simulation", "EdgeClient", "Storms"]),
    tests("EdgeDNSTests", ["EdgeDNS", "CLDNS", "CoreNode", "EdgeLinux"]),
    tests("EdgeClientTests", ["EdgeClient", "EdgeHTTP", "CoreObjects"]),
    tests("RehearsalTests", coreTargets + ["Rehearsal", "Simulation", "EdgeClient"]),
    tests("CommandLineTests", ["wavetank", "EdgeRuntime", "TestMachine"]),
    tests("TidyTests"),
  ],
  swiftLanguageModes: [.v6]
)
