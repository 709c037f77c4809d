// What a charge takes from Swift, in the shop of `cargo bench --bench native`, and told as that tells it:
// `Goals KIND CALLS`, one line of JSON with nanoseconds a charge, of CPU and by the clock.

import Foundation
import Tympan

/// The shop, and who prints there.
struct Bench {
    let shop: Tympan
    let users: [UserReference]
    /// How many charges share a call.
    let batch: Int

    /// Charges jobs of these numbers.
    func charge(_ jobs: Range<Int>) async throws {
        let usage = Usage(pages: 1)
        let job = { (number: Int) in Job(user: users[number % users.count], key: "job \(number)", usage: usage) }
        for first in stride(from: jobs.lowerBound, to: jobs.upperBound, by: batch) {
            if batch == 1 {
                let only = job(first)
                _ = try await shop.charge(user: only.user, key: only.key, usage: usage)
                continue
            }
            for outcome in try await shop.chargeAll(jobs: (first..<first + batch).map(job))
            where outcome.receipt == nil {
                fatalError("a job was refused")
            }
        }
    }
}

/// Nanoseconds that a clock shows.
func now(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

let kind = CommandLine.arguments[1]
let calls = Int(CommandLine.arguments[2])!
let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).db").path
let address = kind.hasPrefix("memory") ? "memory:" : "sqlite:\(file)"
let shop = try await Tympan.open(address: address, durability: .normal)
_ = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")
let plan = Plan(measure: "total_pages", amount: 1_000_000_000_000, schedule: .never)
let staff = try await shop.createProfile(name: "Staff", plans: [plan]).id
var users: [UserReference] = []
for number in 0..<1_000 {
    users.append(.id(try await shop.createUser(name: "User \(number)", profile: staff).user.id))
}
let bench = Bench(shop: shop, users: users, batch: kind.hasSuffix("batch") ? 1_000 : 1)

// What is done for the first time is not what is measured.
try await bench.charge(0..<1_000)
let began = (now(CLOCK_PROCESS_CPUTIME_ID), now(CLOCK_MONOTONIC))
try await bench.charge(1_000..<1_000 + calls)
let cpu = (now(CLOCK_PROCESS_CPUTIME_ID) - began.0) / calls
let wall = (now(CLOCK_MONOTONIC) - began.1) / calls
print("{\"cpu_ns\": \(cpu), \"wall_ns\": \(wall)}")
try await shop.close()
for suffix in ["", "-wal", "-shm", "-turn", "-next", ".keys"] {
    try? FileManager.default.removeItem(atPath: file + suffix)
}
