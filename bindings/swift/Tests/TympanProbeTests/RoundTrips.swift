import Foundation
import Testing
import TympanProbe

import struct Tympan.UserId

/// Every type passes through as it was.
@Suite struct RoundTrips {
    @Test(arguments: [Int32.min, -1, 0, 1, Int32.max])
    func counts(count: Int32) async throws {
        let probe = try await Probe.start(name: "counts")
        #expect(try await probe.count(count: count) == count)
    }

    @Test(arguments: [nil, Int64.min, -1, 0, 9_007_199_254_740_993, Int64.max])
    func amounts(amount: Int64?) async throws {
        let probe = try await Probe.start(name: "amounts")
        #expect(try await probe.amount(amount: amount) == amount)
    }

    @Test(arguments: ["", "Ann", "ü", "日本語", "👩🏽‍💻", "a\0b", "e\u{301}"])
    func texts(text: String) async throws {
        let probe = try await Probe.start(name: text)
        #expect(Array(probe.name().utf8) == Array(text.utf8))
        #expect(Array(try await probe.text(text: text).utf8) == Array(text.utf8))
    }

    @Test func tenMegabytesOfText() async throws {
        let probe = try await Probe.start(name: "large")
        let text = String(repeating: "0123456789", count: 1 << 20)
        #expect(try await probe.text(text: text) == text)
    }

    @Test func bytes() async throws {
        let probe = try await Probe.start(name: "bytes")
        for bytes in [Data(), Data([0, 255, 128]), Data(repeating: 7, count: 1 << 20)] {
            #expect(try await probe.bytes(bytes: bytes) == bytes)
        }
    }

    /// Milliseconds of each end of time, and some whose fractions no floating point number has.
    @Test(arguments: [0, 1, 999, 1_768_467_600_123, 1_768_467_600_999, 253_402_300_799_999])
    func instants(milliseconds: Int64) async throws {
        let probe = try await Probe.start(name: "instants")
        let at = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        let back = try await probe.instant(at: at)
        #expect(Int64((back.timeIntervalSince1970 * 1000).rounded()) == milliseconds)
    }

    /// What is finer than a millisecond is cut off, as in every language.
    @Test(arguments: [(1.0006, 1.0), (1_768_467_600.1239, 1_768_467_600.123), (0.0009, 0)])
    func whatIsFinerThanAMillisecondIsCutOff(seconds: Double, whole: Double) async throws {
        let probe = try await Probe.start(name: "instants")
        let back = try await probe.instant(at: Date(timeIntervalSince1970: seconds))
        #expect(abs(back.timeIntervalSince1970 - whole) < 0.000_01)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -0.001, 253_402_300_800, 1e300])
    func instantsThatNoClockShowsAreRefused(seconds: Double) async throws {
        let probe = try await Probe.start(name: "instants")
        let error = try await refusal {
            try await probe.instant(at: Date(timeIntervalSince1970: seconds))
        }
        #expect(error.code == .invalidValue)
    }

    @Test func shapes() async throws {
        let probe = try await Probe.start(name: "shapes")
        let owner: UserId = "usr_0000000000001"
        let shapes: [Shape] = [
            .nothing, .named(name: "circle"), .sized(size: .min, owner: nil), .sized(size: 1, owner: owner),
        ]
        for shape in shapes {
            #expect(try await probe.shape(shape: shape) == shape)
        }
    }

    @Test func everythingAtOnce() async throws {
        let probe = try await Probe.start(name: "everything")
        let everything = filled()
        #expect(try await probe.everything(everything: everything) == everything)
    }

    @Test func whatMayBeLeftOutIsEmpty() async throws {
        let bare = Everything(
            count: 1, amount: 2, text: "", secret: "", bytes: Data(), at: Date(timeIntervalSince1970: 0),
            user: "usr_0000000000001", colour: .fullColour, shape: .nothing)
        #expect(!bare.flag && bare.maybe == nil && bare.list.isEmpty && bare.map.isEmpty && bare.children.isEmpty)
        let probe = try await Probe.start(name: "bare")
        #expect(try await probe.everything(everything: bare) == bare)
    }

    @Test func optionsAreArguments() async throws {
        let probe = try await Probe.start(name: "options")
        #expect(try await probe.options(first: "a") == "a loud=false times=none words=")
        let told = try await probe.options(first: "b", loud: true, times: 3, words: ["x", "y"])
        #expect(told == "b loud=true times=3 words=x,y")
    }

    @Test func pagesAreOneSequence() async throws {
        let probe = try await Probe.start(name: "pages")
        var words: [String] = []
        for try await word in probe.wordsAll() {
            words.append(word.name)
        }
        #expect(words == ["one", "two", "three"])
    }

    @Test func secretsAreNotShown() {
        let everything = filled()
        for shown in [String(describing: everything), String(reflecting: everything), dumped(everything)] {
            #expect(!shown.contains("4711"), "\(shown)")
            #expect(shown.contains("Ann"), "\(shown)")
        }
    }

    private func filled() -> Everything {
        Everything(
            flag: true, count: .min, amount: .max, text: "Ann 👩🏽‍💻", secret: "4711", bytes: Data([0, 1]),
            at: Date(timeIntervalSince1970: 1_768_467_600), user: "usr_0000000000001", colour: .mono,
            shape: .named(name: "n"), maybe: 0, list: ["", "x"], map: ["": .min, "ü": 1],
            children: [Child(name: "a"), Child(name: "b", nickName: "bee")])
    }

    private func dumped(_ value: Everything) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }
}
