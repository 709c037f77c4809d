//! Tells the linker how an addon of Node is linked on this system.

fn main() {
    napi_build::setup();
}
