import Foundation

@testable import Tympan

/// One scenario, step by step.
struct Scenario {
    let story: JSON
    private let opened: Tympan
    private var values: [String: JSON] = [:]
    private var handles: [String: Tympan] = [:]

    /// The keys of a database that several processes could share.
    private static let keys =
        "tympan keys 1\nkey 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nactive 1\n"

    /// Plays the scenario of a file on a store.
    static func play(_ file: URL, on address: String) async throws {
        let story = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
        var scenario = Scenario(story: story, opened: try await open(address, try options(story, address)))
        let steps: [JSON] = try story.field("steps")
        if steps.isEmpty { throw Unfit("there are no steps") }
        for (number, step) in steps.enumerated() {
            do {
                try await scenario.take(step)
            } catch {
                throw Unfit("\(file.lastPathComponent): step \(number + 1): \(error)")
            }
        }
        try await scenario.opened.close()
    }

    /// How the store of a story is opened: on a server, in a schema of its own.
    private static func options(_ story: JSON, _ address: String) throws -> JSON {
        let asked: JSON = try story.field("open") as JSON? ?? .object([:])
        guard address.hasPrefix("postgres"), case .object(var fields) = asked else { return asked }
        let unique = UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        fields["schema"] = .text("scenario_\(unique)")
        fields["keys"] = .text(keys)
        return .object(fields)
    }

    private init(story: JSON, opened: Tympan) {
        self.story = story
        self.opened = opened
    }

    private mutating func take(_ step: JSON) async throws {
        let name: String = try step.field("call")
        let with = try resolved(try step.field("with") as JSON? ?? .object([:]))
        let refused: JSON? = try step.field("refused")
        let answer: Outcome
        do {
            answer = try await call(try handle(of: step), name, with)
        } catch let error as TympanError {
            guard let refused else { throw Unfit("`\(name)` was refused: \(error)") }
            return try resolved(refused).expect(error.json)
        }
        if refused != nil { throw Unfit("`\(name)` was not refused") }
        let bound: String? = try step.field("as")
        switch answer {
        case .handle(let handle):
            if let bound { handles[bound] = handle }
        case .value(let value):
            if let expected: JSON = try step.field("expect") as JSON? {
                try resolved(expected).expect(value)
            }
            if let bound { values[bound] = value }
        }
    }

    private func handle(of step: JSON) throws -> Tympan {
        guard let on: String = try step.field("on") as String? else { return opened }
        guard let handle = handles[on] else { throw Unfit("no handle is called `\(on)`") }
        return handle
    }

    /// The value with every `{"$": "name.field.0"}` put in.
    private func resolved(_ value: JSON) throws -> JSON {
        switch value {
        case .object(let fields):
            if case .text(let path) = fields["$"] { return try found(path) }
            return .object(try fields.mapValues(resolved))
        case .list(let items): return .list(try items.map(resolved))
        default: return value
        }
    }

    private func found(_ path: String) throws -> JSON {
        var words = path.split(separator: ".").map(String.init)[...]
        var value = words.popFirst().flatMap { values[$0] }
        for word in words {
            switch value {
            case .object(let fields): value = fields[word]
            case .list(let items): value = Int(word).flatMap { items.indices.contains($0) ? items[$0] : nil }
            default: value = nil
            }
        }
        guard let value else { throw Unfit("nothing is called `\(path)`") }
        return value
    }
}

extension JSON: FromJSON {
    static func from(_ json: JSON) throws -> JSON { json }

    /// Throws unless the value is what was expected: an object in part, a list whole, everything
    /// else as it stands; `{"$any": true}` stands for anything but nothing.
    func expect(_ found: JSON) throws {
        switch (self, found) {
        case (.object(let fields), _) where fields["$any"] != nil && found != .null: return
        case (.object(let fields), .object(let all)):
            for (name, expected) in fields {
                guard let found = all[name] else { throw Unfit("`\(name)` is missing in \(found)") }
                do { try expected.expect(found) } catch { throw Unfit("\(name): \(error)") }
            }
        case (.list(let expected), .list(let all)) where expected.count == all.count:
            for (expected, found) in zip(expected, all) {
                try expected.expect(found)
            }
        default:
            if self != found { throw Unfit("expected \(self), found \(found)") }
        }
    }
}
