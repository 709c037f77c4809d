// A program that ends in the middle of things: `Leaver leave|wait ADDRESS`.

import Foundation
import Tympan

let shop = try await Tympan.open(address: CommandLine.arguments[2])
let ann = UserReference.username("ann")

if CommandLine.arguments[1] == "leave" {
    _ = try await shop.charge(user: ann, key: "answered", usage: Usage(pages: 1))
    for number in 0..<50 {
        Task { _ = try await shop.charge(user: ann, key: "under way \(number)", usage: Usage(pages: 1)) }
    }
    await Task.yield()
    exit(3)
}
for told in ["opened", "waits"] {
    print(told)
    fflush(nil)
    if told == "opened" { _ = readLine() }
}
_ = try await shop.charge(user: ann, key: "job", usage: Usage(pages: 1))
print("charged")
