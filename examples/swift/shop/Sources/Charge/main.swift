// A user with a PIN and three pages: two are printed, and the next two are refused.
//
//     bash tools/swift.sh run examples/swift/shop swift run --scratch-path /build/shop Charge

import Tympan

let shop = try await Tympan.open(address: "memory:")
let made = try await shop.bootstrap(tenantName: "Shop", currency: "EUR", administratorName: "Ada")

let pages = Plan(measure: "total_pages", amount: 3, schedule: .never)
let profile = try await shop.createProfile(name: "Three pages", plans: [pages])

let ann = try await shop.createUser(name: "Ann", username: "ann", profile: profile.id).user
let drawn = try await shop.addIdentity(user: .id(ann.id), identity: NewIdentity(kind: "pin", alone: true))
for pin in drawn.identities {
    print("Ann signs in with the PIN \(pin.value), which lists show as \(pin.shown)")
}

for (key, count) in [("job-1", Int32(2)), ("job-2", 2)] {
    do {
        let receipt = try await shop.charge(user: .username("ann"), key: key, usage: Usage(pages: count))
        print("\(key): charged, \(receipt.lines.map(\.balanceAfter)) left")
    } catch TympanError.Refused(.allowanceExhausted, let text, _, let details) {
        print("\(key): refused, \(text); needed \(details["needed"] ?? "?"), available \(details["available"] ?? "?")")
    }
}

for try await user in shop.usersAll(limit: 1) {
    print("\(user.name)\(user.id == made.administrator ? ", who administers the shop" : "")")
}
shop.close()
