import TympanProbe

/// A call that was done although it should have been refused.
private struct NotRefused: Error {}

/// The error with which a call is refused; fails the test if it is done, or fails in another way.
func refusal<Answer>(of call: () async throws -> Answer) async throws -> ProbeError {
    do {
        _ = try await call()
    } catch let error as ProbeError {
        return error
    }
    throw NotRefused()
}
