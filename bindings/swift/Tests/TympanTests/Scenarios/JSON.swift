import Foundation

@testable import Tympan

/// A value of JSON.
enum JSON: Equatable {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case list([JSON])
    case object([String: JSON])
}

/// Something in a scenario that cannot be played.
struct Unfit: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What a call gave.
enum Outcome {
    case value(JSON)
    case handle(Tympan)
}

/// What is made of JSON.
protocol FromJSON {
    static func from(_ json: JSON) throws -> Self
    /// The value of what was left out, if it may be.
    static var absent: Self? { get }
}

extension FromJSON {
    static var absent: Self? { nil }
}

/// What is told as JSON.
protocol ToJSON {
    var json: JSON { get }
}

extension JSON {
    /// A field of an object.
    func field<T: FromJSON>(_ name: String) throws -> T {
        if case .object(let fields) = self, let value = fields[name], value != .null {
            do {
                return try T.from(value)
            } catch let fault as Unfit {
                throw Unfit("\(name): \(fault)")
            }
        }
        guard let absent = T.absent else { throw Unfit("`\(name)` is missing") }
        return absent
    }
}

extension JSON: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }
}

extension Bool: FromJSON, ToJSON {
    static func from(_ json: JSON) throws -> Bool {
        guard case .bool(let value) = json else { throw Unfit("no yes or no: \(json)") }
        return value
    }
    static var absent: Bool? { false }
    var json: JSON { .bool(self) }
}

extension FixedWidthInteger {
    static func from(_ json: JSON) throws -> Self {
        guard case .number(let number) = json, let value = Self(exactly: number) else {
            throw Unfit("no such number: \(json)")
        }
        return value
    }
    var json: JSON { .number(Int64(self)) }
}

extension Int32: FromJSON, ToJSON {}
extension Int64: FromJSON, ToJSON {}

extension String: FromJSON, ToJSON {
    static func from(_ json: JSON) throws -> String {
        guard case .text(let text) = json else { throw Unfit("no text: \(json)") }
        return text
    }
    var json: JSON { .text(self) }
}

extension Word {
    static func from(_ json: JSON) throws -> Self { Self(try String.from(json)) }
    var json: JSON { .text(rawValue) }
}

extension Date: FromJSON, ToJSON {
    static func from(_ json: JSON) throws -> Date {
        guard let at = Self.format.date(from: try String.from(json)) else { throw Unfit("no instant: \(json)") }
        return at
    }
    var json: JSON { .text(Self.format.string(from: self)) }

    private static var format: ISO8601DateFormatter {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format
    }
}

extension Optional: FromJSON where Wrapped: FromJSON {
    static func from(_ json: JSON) throws -> Wrapped? { try Wrapped.from(json) }
    static var absent: Wrapped?? { .some(nil) }
}

extension Optional: ToJSON where Wrapped: ToJSON {
    var json: JSON { map(\.json) ?? .null }
}

extension Array: FromJSON where Element: FromJSON {
    static func from(_ json: JSON) throws -> [Element] {
        guard case .list(let list) = json else { throw Unfit("no list: \(json)") }
        return try list.map(Element.from)
    }
    static var absent: [Element]? { [] }
}

extension Array: ToJSON where Element: ToJSON {
    var json: JSON { .list(map(\.json)) }
}

extension Dictionary: ToJSON where Key == String, Value: ToJSON {
    var json: JSON { .object(mapValues(\.json)) }
}

extension TympanError: ToJSON {
    var json: JSON {
        .object([
            "code": code.json, "kind": .text(kind), "retry": retry.json, "message": .text(text), "details": details.json,
        ])
    }
}
