// The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero.
//
//     bash tools/swift.sh run examples/swift/shop swift run --scratch-path /build/shop FirstProgram

import Tympan

let shop = try await Tympan.open(address: "memory:")
_ = try await shop.bootstrap(tenantName: "Print shop", currency: "EUR", administratorName: "Ada Admin")

let pages = Plan(measure: "total_pages", amount: 12, schedule: .monthly, timeZone: "Europe/Berlin")
let staff = try await shop.createProfile(name: "Staff", plans: [pages]).id
let ann = try await shop.createUser(name: "Ann Müller", username: "ann", profile: staff).user
let added = try await shop.addIdentity(user: .id(ann.id), identity: NewIdentity(kind: "pin", alone: true))
let pin = added.identities[0].value
print("Ann's PIN, told this once: \(pin)")

let receipt = try await shop.charge(user: .pin(pin), key: "job 1", usage: Usage(pages: 12))
print("printed 12 pages, \(receipt.lines[0].balanceAfter) left")
do {
    _ = try await shop.charge(user: .pin(pin), key: "job 2", usage: Usage(pages: 1))
} catch TympanError.Refused(let code, _, _, _) {
    print("refused: \(code)")
}
try await shop.close()
