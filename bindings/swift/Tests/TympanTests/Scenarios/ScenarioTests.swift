import Foundation
import Testing

@testable import Tympan

/// The scenarios of `bindings/scenarios`, or of the folder that `TYMPAN_SCENARIOS` names.
/// `bindings/scenarios/README.md` documents their format.
@Suite struct ScenarioTests {
    private static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["TYMPAN_SCENARIOS"] {
            return URL(fileURLWithPath: named)
        }
        // From bindings/swift/Tests/TympanTests/Scenarios.
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 {
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("scenarios")
    }()

    private static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }()

    /// One more store, by its address: `postgres` is the server that tests have.
    private static let otherStore: String? = {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["TYMPAN_SCENARIO_STORE"]
        return named == "postgres" ? environment["DATABASE_URL"] : named
    }()

    @Test func thereAreScenarios() {
        #expect(!Self.files.isEmpty, "\(Self.folder.path) holds no scenario")
    }

    @Test(arguments: files)
    func comesTrueInMemory(file: String) async throws {
        try await Scenario.play(Self.folder.appendingPathComponent(file), on: "memory:")
    }

    @Test(arguments: files)
    func comesTrueInAFile(file: String) async throws {
        try await withStore { address in
            try await Scenario.play(Self.folder.appendingPathComponent(file), on: address)
        }
    }

    @Test(.enabled(if: otherStore != nil), arguments: files)
    func comesTrueInAnotherStore(file: String) async throws {
        try await Scenario.play(Self.folder.appendingPathComponent(file), on: try #require(Self.otherStore))
    }
}

/// Gives the address of a store in a file that is removed afterwards.
func withStore(_ work: (_ address: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await work("sqlite:\(folder.appendingPathComponent("shop.db").path)")
}
