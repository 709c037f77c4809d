import Testing
import TympanProbe

import struct Tympan.ErrorCode

/// What goes wrong arrives as the one error, and nothing else does.
@Suite struct Refusals {
    @Test func anErrorCarriesEverything() async throws {
        let probe = try await Probe.start(name: "refusals")
        let error = try await refusal {
            try await probe.refuse(code: "allowance_exhausted", details: ["needed": "5", "available": "2"])
        }
        guard case .Refused(let code, let text, let retry, let details) = error else {
            Issue.record("another kind: \(error)")
            return
        }
        #expect(code == .allowanceExhausted && !retry && !text.isEmpty)
        #expect(details == ["needed": "5", "available": "2"])
        #expect(error.localizedDescription == text)
        #expect("\(error)" == "allowance_exhausted: \(text)")
    }

    @Test(arguments: [
        ("invalid_id", "invalid"), ("unknown_user", "not_found"), ("stale_version", "conflict"),
        ("allowance_exhausted", "refused"), ("denied", "denied"), ("busy", "storage"),
        ("closed", "storage"), ("unknown_outcome", "unknown_outcome"), ("internal", "internal"),
    ])
    func everyKindHasItsCase(code: ErrorCode, kind: String) async throws {
        let probe = try await Probe.start(name: "kinds")
        let error = try await refusal {
            try await probe.refuse(code: code.rawValue, details: [:])
        }
        #expect(error.code == code)
        #expect(error.kind == kind)
        #expect(error.retry == [.busy, .unknownOutcome].contains(code))
    }

    @Test func whatIsRefusedAtOnceIsThrownAtOnce() async throws {
        let probe = try await Probe.start(name: "at once")
        let error = try await refusal { try probe.refuseAtOnce() }
        #expect(error.code == .closed)
    }

    @Test func aPanicIsAnError() async throws {
        let probe = try await Probe.start(name: "panics")
        let error = try await refusal { try await probe.panics() }
        #expect(error.code == .internal)
        // At the border, outside of any call, it is one too, and ends nothing else.
        let atOnce = try await refusal { try probe.panicsAtOnce() }
        #expect(atOnce.code == .internal)
        #expect(try await probe.count(count: 7) == 7)
    }

    @Test(arguments: ["", "usr_", "grp_0000000000001", "usr_000000000000Ü"])
    func anIdThatIsNoneIsRefusedWithinARecordToo(text: String) async throws {
        let probe = try await Probe.start(name: "ids")
        let shape = Shape.sized(size: 1, owner: .init(text))
        let error = try await refusal { try await probe.shape(shape: shape) }
        #expect(error.code == .invalidId)
    }
}
