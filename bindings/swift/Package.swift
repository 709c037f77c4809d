// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "Tympan",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [
        .library(name: "Tympan", targets: ["Tympan"])
    ],
    targets: [
        // The Rust library, by its header. The linker finds the archive through LIBRARY_PATH on
        // Linux; README.md says how it is packed for Mac and iPad.
        .systemLibrary(name: "TympanFFI"),
        .target(name: "Tympan", dependencies: ["TympanFFI"]),
        // What only passes values through, for tests.
        .systemLibrary(name: "TympanProbeFFI", path: "Tests/TympanProbeFFI"),
        .target(
            name: "TympanProbe", dependencies: ["Tympan", "TympanProbeFFI"],
            path: "Tests/TympanProbe"),
        // What ends in the middle of things, for tests.
        .executableTarget(name: "Leaver", dependencies: ["Tympan"], path: "Tests/Leaver"),
        .testTarget(name: "TympanProbeTests", dependencies: ["TympanProbe"]),
        .testTarget(name: "TympanTests", dependencies: ["Tympan"]),
    ],
    swiftLanguageModes: [.v6]
)
