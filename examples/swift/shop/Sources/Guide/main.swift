// What the package's README shows: set up or found, charged, quoted, refunded, told.

import Tympan

let shop = try await Tympan.open(address: "sqlite:shop.db")
do {
    _ = try await shop.bootstrap(tenantName: "Print shop", currency: "EUR", administratorName: "Ada Admin")
    let plan = Plan(measure: "total_pages", amount: 500, schedule: .monthly, timeZone: "Europe/Berlin")
    let staff = try await shop.createProfile(name: "Staff", plans: [plan]).id
    _ = try await shop.createUser(name: "Ann Müller", username: "ann", profile: staff)
} catch TympanError.Refused(.bootstrapDone, _, _, _) {
    print("set up before")
}
let ann = try await shop.lookUp(user: .username("ann"))!

let receipt = try await shop.charge(user: .id(ann.id), key: "job 4711", usage: Usage(pages: 12))
print(receipt.lines[0].balanceAfter, "pages are left")
do {
    _ = try await shop.charge(user: .id(ann.id), key: "job 4712", usage: Usage(pages: 501))
} catch TympanError.Refused(.allowanceExhausted, _, _, let details) {
    print("not enough left:", details["available"] ?? "0")
}

// What a job would take, and from where, before it is sent; nothing is kept of it.
let quote = try await shop.quote(user: .id(ann.id), usage: Usage(pages: 12))
print(quote.accepted, quote.lines[0].balanceAfter)

// What a job took is given back by the job's key, under a key of its own.
_ = try await shop.refund(job: "job 4711", reason: "the paper was crumpled", key: "refund of job 4711")

// Every change to a wallet, newest first.
for try await line in shop.statementAll(user: ann.id, wallet: quote.lines[0].wallet) {
    print(line.verb, line.amount, line.balanceAfter, line.reason ?? "")
}
try await shop.close()
